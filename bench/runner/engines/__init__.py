"""Schedules around one function, `step`: in this process, or in several processes."""

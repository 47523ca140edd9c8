"""The actions of stages: functions `NAME(stage, inputs, worker)`."""

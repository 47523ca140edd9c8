"""From a grid to stored answers: plan, store, actions, engine. It names no plugin."""

"""The actions of stages: one module each, with a function `NAME(stage, inputs, worker)`."""

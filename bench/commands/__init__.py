"""The commands of `bench`: one file each, with its options and its body.

Heavy modules are imported inside the functions, so that `bench --help` waits for none of them.
"""

"""Published networks that ship inside packages: judges that this suite did not train."""

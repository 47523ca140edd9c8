"""What a data set gives away by other means than faces, and whether its roles differ."""

"""The annotation study: can protected pictures be labelled as well as the originals?"""

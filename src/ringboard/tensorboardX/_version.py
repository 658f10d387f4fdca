"""The release of tensorboardX whose interface this package has: programs ask for one that is new enough."""

__version__ = version = "2.6.5"
__version_tuple__ = version_tuple = (2, 6, 5)

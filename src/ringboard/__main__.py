"""python -m ringboard"""

import sys

from ringboard.cli import main

if __name__ == "__main__":
    sys.exit(main())

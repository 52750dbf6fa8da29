import sys

from devlib.cli import main

sys.exit(main(sys.argv[1:]))

"""The program as `python -m smsgw`, which is how its own children are started."""

from smsgw.cli.main import main

if __name__ == "__main__":
    main()

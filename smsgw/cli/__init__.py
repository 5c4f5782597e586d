"""The command `smsgw`: one module a command."""

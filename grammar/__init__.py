"""The language: base.lark and one <keyword>.lark a keyword."""

"""The functions behind the commands, and behind `import gnas`."""

"""Backups: taken in one snapshot, sealed in a stream, proved by restoring them.

`sealed` is the encrypted stream, `archive` what lies in it, `take` makes one, `place` restores one, `verify` does so in
a scratch place and looks, `keep` lists, ages and thins out a folder of them. docs/backup.md tells the keeper.
"""

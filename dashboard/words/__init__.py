"""Every sentence a person reads, by language: one TOML file each."""

from dashboard.words.words import MissingWords, Words, load_words

__all__ = ["MissingWords", "Words", "load_words"]

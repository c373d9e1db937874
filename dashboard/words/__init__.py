"""Every sentence a person reads, by language: one TOML file each."""

from dashboard.words.words import ChosenWords, MissingWords, Words, languages, load_words, speak, speak_now

__all__ = ["ChosenWords", "MissingWords", "Words", "languages", "load_words", "speak", "speak_now"]

"""The 20 ids of a release, and what a part of an id may look like."""

import unicodedata

WORDS = (
    "environment",
    "provider",
    "account",
    "region",
    "partition",
    "target_type",
    "target",
    "application",
    "stack",
    "service",
    "tag",
    "release",
)
COMPOSITES = {
    "provider_id": slice(0, 3),
    "region_id": slice(0, 4),
    "partition_id": slice(0, 5),
    "target_id": slice(0, 7),
    "stack_id": slice(7, 9),
    "service_id": slice(7, 10),
    "deployment_id": slice(0, 11),
    "release_id": slice(0, 12),
}


def word_fault(word: str) -> str | None:
    """What is wrong with a part of an id, or None."""
    if not word.strip():
        return "a part of an id is empty"
    if ":" in word:
        return f"{word!r} contains a colon"
    if word != word.strip():
        return f"{word!r} begins or ends with a space"
    if any(unicodedata.category(c) == "Cc" for c in word):
        return f"{word!r} contains a control character"
    return None


def derive_ids(release_id: str) -> dict[str, str]:
    """The 12 words and the 8 composites of a release_id, by name.

    Raises ValueError if it has not 12 valid parts.
    """
    words = release_id.split(":")
    if len(words) != len(WORDS):
        raise ValueError(f"{release_id!r} has {len(words)} parts, expected {len(WORDS)}")
    for fault in map(word_fault, words):
        if fault:
            raise ValueError(f"{release_id!r}: {fault}")
    composites = {name: ":".join(words[part]) for name, part in COMPOSITES.items()}
    return dict(zip(WORDS, words, strict=True)) | composites

"""Who does it: ``archetypes.tsv`` and ``personas.tsv``."""

import re
from dataclasses import dataclass, field

from otelsim.world.index import Index
from otelsim.world.model import Persona
from otelsim.world.row import SMALL, Row
from otelsim.world.tables import Folder

ARCHETYPES = "archetypes.tsv"
PERSONAS = "personas.tsv"
SPLIT = ("users_weight", "activity_weight", "success_rate", "latency_multiplier")
COLUMNS = ("name", "archetype", "variant", *SPLIT, "hourly_weights", "daily_weights")
LATENCY_MULTIPLIER = (0.01, 100.0)


@dataclass
class Archetype:
    """A row of ``archetypes.tsv`` and the personas that name it (users_weight, activity_weight)."""

    row: Row
    personas: int
    users: float
    activity: float
    variants: tuple[str, ...]
    weights: list[tuple[float, float]] = field(default_factory=list)

    def share(self, users_weight: float, activity_weight: float) -> tuple[float, float]:
        """A persona's part of the archetype's users and activity, before normalising over all archetypes."""
        users = sum(w for w, _ in self.weights) or 1.0
        activity = sum(w for _, w in self.weights) or 1.0
        return self.users * users_weight / users, self.activity * activity_weight / activity


def read_personas(folder: Folder, categories: list[str]) -> list[Persona]:
    """All personas, their shares of users and activity each adding up to 1."""
    archetypes = _archetypes(folder)
    names = Index("persona")
    # Without categories actions.tsv is at fault, and which further columns there should be is not known.
    rows = folder.table(PERSONAS, [*COLUMNS, *categories], () if categories else None)
    weights = [_weights(row, archetypes, names) for row in rows]
    for archetype in archetypes.values():
        if rows and len(archetype.weights) != archetype.personas:
            archetype.row.fault(
                f"{PERSONAS} has {len(archetype.weights)} personas of it, expected {archetype.personas}"
            )
    shares = [_share(row, pair, archetypes) for row, pair in zip(rows, weights, strict=True)]
    users, activity = sum(s[0] for s in shares), sum(s[1] for s in shares)
    if not rows:
        folder.fault(PERSONAS, 1, "there is no persona")
    elif activity < SMALL:
        rows[0].fault("all activity adds up to zero")
    scaled = [(s[0] / max(users, SMALL), s[1] / max(activity, SMALL)) for s in shares]
    return [_persona(row, share, categories) for row, share in zip(rows, scaled, strict=True)]


def _archetypes(folder: Folder) -> dict[str, Archetype]:
    found: dict[str, Archetype] = {}
    names = Index("archetype")
    columns = ("archetype", "personas", "users_pct", "activity_pct", "variants", "behaviour")
    for row in folder.table(ARCHETYPES, columns):
        name, listed = row.word("archetype"), row.text("variants")
        variants = () if listed == "-" else tuple(v.strip() for v in listed.split(","))
        users, activity = row.number("users_pct", SMALL), row.number("activity_pct")
        if names.add(row, name):
            found[name] = Archetype(row, row.whole("personas", 0, 10**6), users, activity, variants)
    return found


def _weights(row: Row, archetypes: dict[str, Archetype], names: Index) -> tuple[float, float]:
    name, archetype, variant = row.word("name"), row.word("archetype"), row.text("variant")
    names.add(row, name)
    stem = archetype if variant == "-" else f"{archetype}_{variant}"
    if not re.fullmatch(re.escape(stem) + "_[1-9][0-9]*", name):
        row.fault(f"the name {name!r} is not {stem}_<number>")
    pair = row.number("users_weight", SMALL), row.number("activity_weight")
    known = archetypes.get(archetype)
    if known is None:
        row.fault(f"unknown archetype {archetype!r}")
        return pair
    if variant != "-" and variant not in known.variants:
        row.fault(f"unknown variant {variant!r} of {archetype!r}")
    known.weights.append(pair)
    return pair


def _share(row: Row, weights: tuple[float, float], archetypes: dict[str, Archetype]) -> tuple[float, float]:
    archetype = archetypes.get(row.cells["archetype"])
    return archetype.share(*weights) if archetype else weights


def _persona(row: Row, share: tuple[float, float], categories: list[str]) -> Persona:
    weights = tuple(row.number(category) for category in categories)
    if categories and sum(weights) < SMALL:
        row.fault("the category weights add up to zero")
    users, activity = share
    return Persona(
        name=row.cells["name"],
        archetype=row.cells["archetype"],
        variant=row.cells["variant"],
        users_share=users,
        activity_share=activity,
        activity_multiplier=activity / users if users else 0.0,
        category_weights=weights,
        hourly_weights=row.numbers("hourly_weights", 24),
        daily_weights=row.numbers("daily_weights", 7),
        success_rate=row.number("success_rate", 0, 1),
        latency_multiplier=row.number("latency_multiplier", *LATENCY_MULTIPLIER),
    )

"""The world as frozen dataclasses; indices are positions in the World's tuples."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Service:
    """A row of ``20_services.txt``. ``key`` is ``stack:name``, ``service_id`` is ``application:stack:name``."""

    application: str
    stack: str
    name: str
    artifact: str
    releases_per_year: int
    """26 to 52."""
    own_time_share: float
    """A child call's own time as a share (0.1 to 0.5) of the root action's mean."""

    @property
    def key(self) -> str:
        """``stack:name``."""
        return f"{self.stack}:{self.name}"

    @property
    def service_id(self) -> str:
        """``application:stack:name``."""
        return f"{self.application}:{self.stack}:{self.name}"


@dataclass(frozen=True)
class Placement:
    """A row of ``environments.tsv``: where a request and all its calls happen."""

    environment: str
    provider: str
    account: str
    region: str
    partition: str
    target_type: str
    target: str
    share: float
    """Share of all requests (environment's traffic x region's share); all placements add up to 1."""
    rollout_stage: int
    """Releases reach placements in this order: 0 first."""


@dataclass(frozen=True)
class Deployment:
    """A row of ``24_deployments.txt``, resolved."""

    deployment_id: str
    """The 11 words up to the tag."""
    service: int
    placement: int
    """The placement whose requests it serves."""
    tag: str
    share: float
    """Share of its service's calls in its placement; those of one (service, placement) add up to 1."""


@dataclass(frozen=True)
class ReleaseRow:
    """A row of ``26_releases.txt``; ``deployed_at_s`` is epoch seconds, or None: since ever."""

    deployment: int
    build_id: str
    build_num: int
    deployed_at_s: int | None


@dataclass(frozen=True)
class Action:
    """A row of ``actions.tsv``: latencies in ms, sizes in bytes (mean and standard deviation)."""

    service: int
    name: str
    category: str
    latency_ms: float
    latency_sd_ms: float
    request_bytes: float
    request_sd_bytes: float
    response_bytes: float
    response_sd_bytes: float
    db_queries: float
    """Mean number of queries of a request that had to ask the database (at least 1)."""
    cache_hit_rate: float
    """Share of successful reads answered by a cache; 0 for writes."""
    targets_user: bool
    object_type: str | None
    is_write: bool
    creates: bool
    """True: a success or failure alike names a new object; False: one of the catalogue."""
    weight: float
    method: str
    route: str


@dataclass(frozen=True)
class Persona:
    """A row of ``personas.tsv``."""

    name: str
    archetype: str
    variant: str
    users_share: float
    """Share of all users; all personas add up to 1."""
    activity_share: float
    """Share of all requests; all personas add up to 1."""
    activity_multiplier: float
    """activity_share / users_share: requests of one of its users beside the average user's."""
    category_weights: tuple[float, ...]
    """One for each of ``World.categories``."""
    hourly_weights: tuple[float, ...]
    """24, UTC, mean 1."""
    daily_weights: tuple[float, ...]
    """7, Monday first, mean 1."""
    success_rate: float
    latency_multiplier: float


@dataclass(frozen=True)
class Component:
    """A row of ``hidden_dependencies.tsv``."""

    name: str
    error_type: str
    error_codes: tuple[str, ...]
    failure_rate: float
    latency_factor: float
    error_message: str
    description: str
    services: tuple[int, ...]


@dataclass(frozen=True)
class ObjectType:
    """A row of ``objects.tsv``; ``names`` are readable ids (``hashtag_<name>``), else ids are hexadecimal."""

    name: str
    catalogue_size: int
    exponent: float
    names: tuple[str, ...]


@dataclass(frozen=True)
class SelfError:
    """A row of ``self_errors.tsv``: ``error_type`` is client or server, weight within its type."""

    code: str
    error_type: str
    weight: float
    message: str


@dataclass(frozen=True)
class Settings:
    """``world.toml``: the world's own numbers."""

    burst_cv: float
    cascade_factor: float
    propagation: float
    client_error_share: float
    child_error_factor: float
    timed_out_codes: tuple[str, ...]
    rejected_factor: tuple[float, float]
    """A rejected call's time beside a success: lowest and highest factor, below 1."""
    timed_out_factor: tuple[float, float]
    """A timed out call's time beside a success: lowest and highest factor, above 1."""
    first_build_num: int


@dataclass(frozen=True)
class World:
    """Everything that is, before anything happens."""

    name: str
    path: Path
    settings: Settings
    services: tuple[Service, ...]
    placements: tuple[Placement, ...]
    deployments: tuple[Deployment, ...]
    releases: tuple[ReleaseRow, ...]
    actions: tuple[Action, ...]
    categories: tuple[str, ...]
    personas: tuple[Persona, ...]
    components: tuple[Component, ...]
    object_types: tuple[ObjectType, ...]
    self_errors: tuple[SelfError, ...]
    dependencies: tuple[tuple[int, ...], ...]
    """For each service the services it calls, in the order of ``dependencies.tsv``."""

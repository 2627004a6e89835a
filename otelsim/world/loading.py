"""A world's folder as a World, or all its faults at once."""

from pathlib import Path

from otelsim.errors import InputError
from otelsim.world.actions import read_actions
from otelsim.world.causes import read_components, read_self_errors
from otelsim.world.deployed import read_releases
from otelsim.world.deployments import read_deployments
from otelsim.world.model import World
from otelsim.world.objects import read_objects
from otelsim.world.people import read_personas
from otelsim.world.places import read_placements
from otelsim.world.services import read_dependencies, read_services
from otelsim.world.settings import read_settings
from otelsim.world.tables import Folder


def load_world(path: Path) -> World:
    """Read and check a world's folder.

    Raises FixtureErrors with every fault (``file:line: what is wrong``), InputError if ``path`` is no folder.
    """
    if not path.is_dir():
        raise InputError(str(path), "there is no such folder")
    folder = Folder(path)
    name, settings = read_settings(folder)
    placements = read_placements(folder)
    services = read_services(folder)
    deployments = read_deployments(folder, services, placements)
    releases = read_releases(folder, deployments)
    dependencies = read_dependencies(folder, services)
    actions = read_actions(folder, services)
    personas = read_personas(folder, list(actions.categories.names))
    components = read_components(folder, services)
    object_types = read_objects(folder, actions)
    self_errors = read_self_errors(folder)
    folder.finish()
    return World(
        name=name,
        path=path,
        settings=settings,
        services=tuple(services.rows),
        placements=tuple(placements),
        deployments=tuple(deployments.rows),
        releases=tuple(releases),
        actions=tuple(actions.rows),
        categories=tuple(actions.categories.names),
        personas=tuple(personas),
        components=tuple(components),
        object_types=tuple(object_types),
        self_errors=tuple(self_errors),
        dependencies=dependencies,
    )

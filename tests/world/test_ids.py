import pytest

from otelsim.world.ids import derive_ids, word_fault

RELEASE = "prod:aws:111111111111:us-east-1:platform:eks:main:social:user:identity:default:100"


def test_the_twenty_ids() -> None:
    ids = derive_ids(RELEASE)
    assert len(ids) == 20
    assert [ids[name] for name in ("environment", "target", "service", "tag", "release")] == [
        "prod", "main", "identity", "default", "100",
    ]  # fmt: skip
    assert ids["provider_id"] == "prod:aws:111111111111"
    assert ids["region_id"] == "prod:aws:111111111111:us-east-1"
    assert ids["partition_id"] == "prod:aws:111111111111:us-east-1:platform"
    assert ids["target_id"] == "prod:aws:111111111111:us-east-1:platform:eks:main"
    assert ids["stack_id"] == "social:user"
    assert ids["service_id"] == "social:user:identity"
    assert ids["deployment_id"] == RELEASE.removesuffix(":100")
    assert ids["release_id"] == RELEASE


@pytest.mark.parametrize("release_id", ["", "a:b", RELEASE + ":x", RELEASE.replace("eks", ""), RELEASE[:-3]])
def test_other_strings_are_refused(release_id: str) -> None:
    with pytest.raises(ValueError, match=r"parts|empty"):
        derive_ids(release_id)


@pytest.mark.parametrize("word", ["", " ", "a:b", " a", "a\x00", "a\n", "a\x7fb"])
def test_bad_words(word: str) -> None:
    assert word_fault(word)


def test_good_words() -> None:
    assert word_fault("us-east-1") is None
    assert word_fault("café 2") is None

"""What is not set up is said by the running installation, too."""


def test_readyz_says_that_nothing_is_missing(api):
    assert api.get("/readyz").json()["notes"] == []

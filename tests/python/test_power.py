"""How many models are enough."""

import numpy as np
import pytest
import xsnr


def test_simulated():
    said = xsnr.power(snr=1.0, words=10, texts=3, models=30, repeats=10)
    assert said == xsnr.power(snr=1.0, words=10, texts=3, models=30, repeats=10, threads=1)
    (series,) = said["series"]
    assert [one["models"] for one in series["reliability"].values()] == [4, 9, 19]  # R / (1 - R) / SNR


def test_of_a_study(tmp_path):
    rng = np.random.default_rng(0)
    mean = rng.normal(size=6)
    given = [[(list("abcdef"), mean + 0.1 * rng.normal(size=6))] for _ in range(8)]
    with xsnr.import_explanations(given, tmp_path / "s.xsnr", family="f", unit="word") as study:
        said = xsnr.power(study, repeats=5, top=2)
        assert said == xsnr.power(tmp_path / "s.xsnr", repeats=5, top=2)


@pytest.mark.parametrize("how", [{}, {"study": "s.xsnr", "snr": 1.0}])
def test_one_of_both(how):
    with pytest.raises(ValueError, match="give a study, or the SNR"):
        xsnr.power(**how)


@pytest.mark.parametrize("how", [{"snr": -1.0}, {"snr": float("nan")}, {"snr": 1.0, "models": 1}])
def test_nonsense(how):
    with pytest.raises(xsnr.Error):
        xsnr.power(**how)

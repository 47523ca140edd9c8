import numpy as np
import pytest
from PIL import Image

from defenses.eigenface import Eigenface

SYNTHETIC = "synthetic:people=4,takes=4,pictures=1,size=32"


@pytest.fixture
def shown(monkeypatch):
    """What a defense shows in training: first a black sheet, then numbered pixels."""
    pictures = np.arange(2 * 3 * 3 * 2 * 2, dtype=np.uint8).reshape(2, 3, 3, 2, 2)
    fit = Eigenface.fit

    def fit_and_show(self, faces, context):
        context.show(0 * pictures)
        context.show(pictures)
        return fit(self, faces, context)

    monkeypatch.setattr(Eigenface, "fit", fit_and_show)
    return pictures


@pytest.mark.slow
def test_the_last_pictures_of_a_training_lie_side_by_side_in_a_file(shown, run, store):
    run(defenses=["eigenface:k=2"], data=SYNTHETIC, attackers=["nearest"], threats=["raw"])
    (path,) = (store.root / "figures").glob("training-eigenface-*")
    sheet = np.array(Image.open(path))  # (2 * H, 3 * W, 3)
    assert path.suffix == ".png"
    assert sheet.shape == (4, 6, 3)
    for row, column in np.ndindex(2, 3):
        picture = sheet[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
        np.testing.assert_array_equal(picture, shown[row, column].transpose(1, 2, 0))


@pytest.mark.slow
def test_no_file_shows_real_people_in_training(shown, run, store, monkeypatch):
    monkeypatch.setattr("bench.data.synthetic.dataset.Synthetic.shareable", False)
    done = run(defenses=["eigenface:k=2"], data=SYNTHETIC, attackers=["nearest"], threats=["raw"])
    assert "done" in {o.status for o in done.outcomes if str(o.stage) == "fit eigenface"}
    assert not list((store.root / "figures").glob("training-*"))

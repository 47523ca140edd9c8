import pytest
from PIL import Image

from bench.data.synthetic.pictures import scenes
from bench.data.synthetic.render import draw


@pytest.mark.slow
def test_a_face_detector_finds_the_faces():
    from facenet_pytorch import MTCNN

    detector = MTCNN(image_size=160, keep_all=False, device="cpu")
    images = draw(scenes(30, 1, 2, seed=5, style=True), 160)
    boxes = [detector.detect(Image.fromarray(image.transpose(1, 2, 0)))[0] for image in images]
    found = [box for box in boxes if box is not None]
    assert len(found) >= 0.95 * len(images)
    middle = sum((box[0][0] + box[0][2]) / 2 for box in found) / len(found)
    assert 60 < middle < 100  # px: where the faces are, not anywhere

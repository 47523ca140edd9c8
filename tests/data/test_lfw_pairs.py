import numpy as np
import pytest

from bench.data.lfw_pairs import LFWPairs

NAMES = [f"lfw/{who}/{who}_{n:04}.jpg" for who in ("Al_A", "Bo_B", "Cy_C") for n in (1, 2, 3)]
LINES = ["2\t1", "Al_A\t1\t2", "Al_A\t1\tBo_B\t1", "Bo_B\t2\t1", "Cy_C\t2\tBo_B\t2"]


@pytest.fixture
def root(tree):
    return tree(NAMES, (250, 250), texts={"pairs.txt": "\n".join(LINES) + "\n"})


def test_pairs_count_in_the_order_of_the_pictures_that_they_name(root):
    data = LFWPairs(root=str(root))
    names = [path.stem for path in data.listing().paths]
    assert names == ["Al_A_0001", "Al_A_0002", "Bo_B_0001", "Bo_B_0002", "Cy_C_0002"]
    pairs = data.pairs()
    assert pairs.first.tolist() == [0, 0, 3, 4]
    assert pairs.second.tolist() == [1, 2, 2, 3]
    assert pairs.mated.tolist() == [True, False, True, False]
    assert pairs.fold.tolist() == [0, 0, 1, 1]


def test_faces_stand_where_they_do_in_lfw(root):
    assert np.allclose(LFWPairs(root=str(root)).face_points[0], (0.37, 0.378), atol=0.002)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["2", *LINES[1:]], "expected the pairs of View 2"),
        ([], "expected the pairs of View 2"),
        (
            [LINES[0], "Al_A", *LINES[2:]],
            r"pairs\.txt: expected .*, got \['Al_A'\], not enough values",
        ),
        (LINES[:-1], "got 3 pairs instead of 4"),
        ([LINES[0], *LINES[:0:-1]], "expected the pairs of View 2"),
        ([*LINES[:-1], "Cy_C\t2\tCy_C\t1"], r"got \['Cy_C', '2', 'Cy_C', '1'\] among the non-m"),
        ([LINES[0], "Al_A\t1\t1", *LINES[2:]], r"got \['Al_A', '1', '1'\] among the mated pairs"),
        ([*LINES[:-1], "Cy_C\t9\tDi_D\t1"], "names Cy_C_0009 and 1 more, which is not in"),
    ],
)
def test_another_list_is_told(root, tree, lines, words):
    tree(texts={"pairs.txt": "\n".join(lines)})
    with pytest.raises(ValueError, match=words):
        LFWPairs(root=str(root)).pairs()


def test_another_alignment_is_told(tree, refused):
    root = tree(
        [name.replace("lfw", "lfw_funneled") for name in NAMES],
        texts={"pairs.txt": "\n".join(LINES)},
    )
    assert "got lfw_funneled: another alignment" in refused(LFWPairs(root=str(root)))

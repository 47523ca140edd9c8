from bench.data.rafd import RaFD

NAMES = [
    *(
        "Rafd090_01_Caucasian_female_angry_frontal.jpg",
        "Rafd000_01_Caucasian_female_angry_left.jpg",
    ),
    *("Rafd045_28_Moroccan_male_contemptuous_left.jpg", "Rafd000_28_Moroccan_male_happy_left.jpg"),
    "Rafd180_28_Moroccan_male_happy_left.jpg",
]


def test_labels_follow_the_names(tree):
    listing = RaFD(root=str(tree(NAMES, (681, 1024)))).listing()
    named = {t.name: [t.classes[n] for n in listing.labels[t.name]] for t in listing.targets}
    assert named == {
        "identity": ["01", "28", "28", "01", "28"],
        "gender": ["female", "male", "male", "female", "male"],
        "group": ["Caucasian", "Moroccan", "Moroccan", "Caucasian", "Moroccan"],
        "expression": ["anger", "joy", "contempt", "anger", "joy"],
        "gaze": ["left", "left", "left", "frontal", "left"],
    }
    assert listing.labels["take"].tolist() == [1, 3, 2, 0, 3]


def test_a_folder_for_each_angle_is_told(tree, refused):
    root = tree([f"Rafd090/{NAMES[0]}"])
    assert "there is a folder level too many" in refused(RaFD(root=str(root)))


def test_cropped_pictures_are_told(tree, refused):
    told = "expected pictures of 681x1024 px in rafd, got 48x48"
    assert told in refused(RaFD(root=str(tree(NAMES, (48, 48)))))

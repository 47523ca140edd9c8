"""The list of all metrics: records, tables, figures and docs/metrics.md are made from it.

A new metric is a function in its own file and a line here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from math import inf
from typing import Any, NamedTuple

from bench.answers import Answers, AnyAnswers, Estimate, Numbers, Templates
from bench.metrics import accuracy, fairness, pooled, verification
from bench.metrics.given import Given, given, known
from bench.metrics.identification import fnir, gallery_of, rank
from bench.metrics.information import bits
from bench.metrics.regression import correlation, mae
from bench.metrics.releases import face_found, memorised, psnr_db, ssim
from bench.metrics.separability import d_prime, pairwise_auc
from bench.metrics.verification import linkability, min_cllr, tmr
from bench.tables import Unit


class Metric(NamedTuple):
    """A declared metric."""

    name: str  # in records; `{}` stands for a size
    title: str  # in headings and docs
    # Names of its arguments (bench.metrics.given), separated by spaces; it applies where all are
    # known.
    takes: str
    # From these, and the size if the name has one; None for comparisons of defenses
    # (bench.reports.headlines).
    compute: Callable[..., Estimate] | None
    unit: Unit = "percent"  # in tables; records hold fractions 0..1, dB, bits, or the label's unit
    lowest: float = 0.0  # of its range
    highest: float = 1.0
    better: str = "higher"  # which end, for the attacker, the judge of utility, or similarity
    shown: int = 0  # rank among the metrics of which the main table shows the first; 0 for never
    sizes: str = ""  # name of the sizes that it is computed for
    applies: Callable[[int], bool] = lambda n_classes: True  # whether to so many classes


# fmt: off
# In the order of the records. A key names what its metrics are computed from: answers of a
# classifier, a regressor or a matcher, a release before any attacker, or several defenses.
METRICS: Mapping[str, Sequence[Metric]] = {
    "answers": (
        Metric("auc", "AUC", "answers", accuracy.auc, "fraction", shown=1,
               applies=lambda n: n == 2),
        Metric("eer", "EER", "answers", accuracy.eer, better="lower", applies=lambda n: n == 2),
        Metric("pairwise_auc", "AUC over pairs of classes", "answers", pairwise_auc, "fraction",
               applies=lambda n: n > 2),
        Metric("d_prime", "d'", "answers", d_prime, "fraction", -inf, inf),
        Metric("top1", "accuracy", "answers", accuracy.top1, shown=2),
        Metric("balanced_accuracy", "balanced accuracy", "answers", accuracy.balanced_accuracy),
        Metric("bits", "information, at least", "answers valid", bits, "bits", -inf, inf),
        Metric("top5", "top-5 accuracy", "answers", accuracy.top5, applies=lambda n: n > 5),
        Metric("pooled_10", "accuracy, 10 pictures pooled", "answers_of_people",
               lambda answers: accuracy.top1(pooled.pooled(answers, 10))),
        Metric("pooled_100", "accuracy, 100 pictures pooled", "answers_of_people",
               lambda answers: accuracy.top1(pooled.pooled(answers, 100))),
        Metric("worst_decile", "accuracy, worst tenth of people", "answers_of_people",
               pooled.worst_decile),
        Metric("names_target_identity", "names the class shown", "answers target_identity",
               accuracy.names_target_identity),
        Metric("top1_if_other", "accuracy where another class is shown", "answers target_identity",
               accuracy.top1_if_other),
        Metric("top1_mistaken", "accuracy where the defense estimated wrongly", "answers_mistaken",
               accuracy.top1),
        Metric("top1_not_mistaken", "accuracy where it did not", "answers_not_mistaken",
               accuracy.top1),
    ),
    "numbers": (
        Metric("correlation", "correlation", "values truth person", correlation, "fraction",
               lowest=-1, shown=1),
        Metric("mae", "mean absolute error", "values truth person", mae, "label",
               highest=inf, better="lower"),
    ),
    "templates": (
        Metric("auc", "AUC", "pairs", verification.auc, "fraction", shown=1),
        Metric("d_prime", "d'", "templates", d_prime, "fraction", -inf, inf),
        Metric("eer", "EER", "pairs", verification.eer, better="lower"),
        Metric("tmr_at_fmr_10%", "TMR at FMR 10 %", "pairs", partial(tmr, fmr=0.1)),
        Metric("tmr_at_fmr_1%", "TMR at FMR 1 %", "pairs", partial(tmr, fmr=0.01)),
        Metric("tmr_at_fmr_0.1%", "TMR at FMR 0.1 %", "pairs", partial(tmr, fmr=0.001)),
        Metric("min_cllr", "minimum Cllr", "pairs", min_cllr, "bits", better="lower"),
        Metric("linkability", "linkability D_sys", "pairs", linkability, "fraction"),
        Metric("rank1", "rank 1", "search", partial(rank, k=1)),
        Metric("rank5", "rank 5", "search", partial(rank, k=5)),
        Metric("rank1_of_{}", "rank 1 of {} people", "search", gallery_of, sizes="gallery_sizes"),
        Metric("fnir_at_fpir_10%", "FNIR at FPIR 10 %", "search", partial(fnir, fpir=0.1),
               better="lower"),
        Metric("auc_same_gender", "AUC, pairs of one gender", "pairs_of_one_gender",
               verification.auc, "fraction"),
        Metric("eer_same_gender", "EER, pairs of one gender", "pairs_of_one_gender",
               verification.eer, better="lower"),
        Metric("tmr_at_fmr_10%_same_gender", "TMR at FMR 10 %, pairs of one gender",
               "pairs_of_one_gender", partial(tmr, fmr=0.1)),
        Metric("tmr_at_fmr_1%_same_gender", "TMR at FMR 1 %, pairs of one gender",
               "pairs_of_one_gender", partial(tmr, fmr=0.01)),
        Metric("same_picture_of_{}", "the same picture among {}", "search_same_picture", gallery_of,
               sizes="raw_gallery_sizes"),
    ),
    "groups": (
        Metric("right_{}", "right in one group of people", "answers groups",
               fairness.right_in_group, sizes="group_names"),
        Metric("gap_{}", "right, largest gap between groups", "answers groups",
               fairness.largest_gap, lowest=-1, better="lower", sizes="labels"),
    ),
    "release": (
        Metric("ssim", "SSIM", "ssim person", ssim, "fraction", lowest=-1, shown=1),
        Metric("psnr_db", "PSNR", "psnr_db person", psnr_db, "dB", highest=inf),
        Metric("role_shift", "AUC of the probe against attackers' pictures", "shift", accuracy.auc,
               "fraction"),
        Metric("memorised", "nearest is from training", "trained_on nearest_person", memorised),
        Metric("face_found", "face found", "face person", face_found),
        Metric("face_found_women", "face found, women", "face person gender",
               lambda face, person, gender: face_found(face[gender == 0], person[gender == 0])),
        Metric("face_found_men", "face found, men", "face person gender",
               lambda face, person, gender: face_found(face[gender == 1], person[gender == 1])),
    ),
    "defenses": (
        Metric("power", "share of the canary found", "", None, "fraction", -inf, inf),
        Metric("leakage", "leakage", "", None, "fraction", -inf, inf, shown=1),
        Metric("worst_leakage", "leakage, worst attacker on the probe", "", None, "fraction", -inf,
               inf),
        Metric("exposed", "number of people exposed", "", None, "label", highest=inf),
        Metric("kept", "utility kept, a share of the undefended", "", None, "fraction", -inf, inf),
    ),
}
# fmt: on
_KINDS = {Answers: "answers", Numbers: "numbers", Templates: "templates"}


class NamedEstimate(NamedTuple):
    """A metric's name in records with its estimate, or the reason why there is none."""

    metric: str
    estimate: Estimate | None
    reason: str = ""


def estimates_of_answers(
    answers: AnyAnswers, side_info: Mapping[str, Any]
) -> Sequence[NamedEstimate]:
    """All metrics of one set of answers; see `given`."""
    try:
        values = given(answers, side_info)
    except ValueError as error:  # nobody is enrolled twice: there is no pair to compare
        return [NamedEstimate("auc", None, str(error))]
    return list(_computed(METRICS[_KINDS[type(answers)]], values))


def estimates_by_group(answers: AnyAnswers, groups: fairness.Groupings) -> Sequence[NamedEstimate]:
    """The share right in each group of people, and the largest gap of each label."""
    values = {"answers": answers, "groups": groups, "labels": list(groups)}
    names = {"group_names": fairness.group_names(groups)}
    return list(_computed(METRICS["groups"], known({**values, **names})))


def estimates_of_release(values: Mapping[str, Any]) -> Sequence[NamedEstimate]:
    """All metrics of one release; its values by name, None if not known."""
    return list(_computed(METRICS["release"], known(values)))


def _computed(metrics: Sequence[Metric], values: Given) -> Iterator[NamedEstimate]:
    n_classes = values["n_classes"]() if "n_classes" in values else 0
    for metric in metrics:
        takes, sizes = metric.takes.split(), metric.sizes.split()
        if not (metric.compute and values.keys() >= {*takes, *sizes} and metric.applies(n_classes)):
            continue
        for size in product(*(values[name]() for name in sizes)):  # once, without a size
            name = metric.name.format(*size)
            try:
                estimate = metric.compute(*(values[take]() for take in takes), *size)
            except ValueError as error:
                yield NamedEstimate(name, None, str(error))
            else:
                yield NamedEstimate(name, estimate)


def declared(name: str) -> Metric:
    """The metric behind a name in records, such as `rank1_of_100`.

    Raises:
        KeyError: if there is none.
    """
    found = {metric.name: metric for metrics in METRICS.values() for metric in metrics}
    sized = (m for m in found.values() if m.sizes and name.startswith(m.name.removesuffix("{}")))
    if (metric := found.get(name) or next(sized, None)) is None:
        raise KeyError(name)
    return metric


def documentation() -> str:
    """The list as Markdown, for docs/metrics.md."""
    lines = ["| metric | what | computed from | unit | range | better |", "| --- " * 6 + "|"]
    for kind, metrics in METRICS.items():
        for m in metrics:
            ends = f"{m.lowest:g} to {m.highest:g}"
            lines.append(f"| `{m.name}` | {m.title} | {kind} | {m.unit} | {ends} | {m.better} |")
    return "\n".join(lines)

"""Whether the roles of a data set look alike."""

from bench.answers import Answers
from bench.audit.findings import STRICT, Finding, unasked
from bench.audit.material import Material
from bench.metrics.accuracy import auc, auc_statistic
from bench.metrics.intervals import estimate
from bench.metrics.shift import Side, shift


def role_shift(data: Material) -> Finding:
    """The AUC of attacker's pictures against the probe's."""
    about = "probe or attacker's picture"
    if data.protocol == "closed-paper":
        return unasked("shift", about, "closed-paper deals pictures of one take to both")
    images = data.faces.images
    sides = []
    for mask in (data.roles["attacker"], data.roles["probe"]):
        sides.append(Side(images[mask], data.person[mask], images[mask]))
    try:
        return shift_finding(about, shift(*sides))
    except ValueError as error:
        return unasked("shift", about, str(error))


def shift_finding(about: str, answers: Answers) -> Finding:
    """The AUC with both its intervals; the wider one decides."""
    found = auc(answers)
    wide = estimate(auc_statistic(answers), answers.person, 0.5, confidence=STRICT)
    reason = (
        f"AUC, unseen people; {100 * STRICT:.1f} % interval {wide.low:.3f} to {wide.high:.3f}; "
        "leaks if that is above 0.5"
    )
    return Finding("shift", about, *found, "leaks" if wide.low > 0.5 else "ok", reason)

"""One diagnosis of what single checks found, run in any order and by any number of processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from diagnostics.checks import CHECKS
from diagnostics.verdict import Diagnosis, Fault, Result, as_in, in_order
from reports.results_file import Results

_NOT_RUN = "no test of this run completed it"


def merged(found: Mapping[str, Results], evidence: Sequence[Results]) -> Results:
    """The results of all checks in the order in which data flows, as if one process had run them in it.

    found: what `carrying` records, by check; at least one. A check that is not among it is skipped with that reason.
    evidence: what `Examination.evidence` gives, from each process that ran some of the checks.
    """
    ran = [found[check.name] for check in CHECKS if check.name in found]
    return Diagnosis(
        pipeline=ran[0]["diagnosis"]["pipeline"],
        faults=in_order([Fault(**fault) for record in ran for fault in record["diagnosis"]["faults"]]),
        results=_results(found),
        conditions=ran[0]["diagnosis"]["conditions"],
        evidence=_joined(evidence),
    ).to_dict()


def _results(found: Mapping[str, Results]) -> tuple[Result, ...]:
    """Every check's result. An error that stopped several is told in full by the first of them, here as anywhere."""
    results, tellers = [], dict[str, str]()
    for check in CHECKS:
        if check.name not in found:
            results.append(Result(check.name, "skipped", reason=_NOT_RUN))
            continue
        (values,) = found[check.name]["diagnosis"]["results"]
        result = Result(**values)
        if result.status == "error" and (cause := found[check.name]["cause"]):
            brief, full = cause
            teller = tellers.setdefault(brief, check.name)
            result = replace(result, reason=full if teller == check.name else as_in(brief, teller))
        results.append(result)
    return tuple(results)


def _joined(evidence: Sequence[Results]) -> Results:
    """Of everything, the first that is something; of the image sizes, from a process that measured the landing.

    Only one that did knows which sizes show enough of the grid and how the cells lie on the crop, so that records of
    a size are not mixed.
    """
    joined: Results = {}
    for part in sorted(evidence, key=lambda part: not any(record["read_from_image"] for record in part["sizes"])):
        joined |= {key: value for key, value in part.items() if not joined.get(key)}
    return joined

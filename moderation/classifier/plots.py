"""The evaluation as a picture: how far scores can be taken at their word, and what each threshold costs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from moderation.classifier.evaluation import Evaluation
from school.errors import BadInput

ENDINGS = (".svg", ".png")


def check_plot_file(path: Path) -> None:
    """Raises BadInput when the picture couldn't be written there: better said before an hour of scoring."""
    if path.suffix.lower() not in ENDINGS:
        raise BadInput(
            f"The picture {path} can't be drawn: its name must end in {' or '.join(ENDINGS)}.", field="plot"
        )
    if not path.parent.is_dir():
        raise BadInput(f"The folder {path.parent} of the picture doesn't exist. Make it first.", field="plot")
    if path.is_dir():
        raise BadInput(f"{path} is a folder: name a file for the picture.", field="plot")


def draw(found: Evaluation, path: Path, *, thresholds: Mapping[str, float]) -> None:
    """Write calibration and precision-recall plot of every label side by side, as SVG or PNG by the ending.

    Raises BadInput as `check_plot_file`, OSError when the file can't be written; an earlier file then stays.
    """
    check_plot_file(path)
    # Takes half a second and 30 MB, which only who wants a picture pays.
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    # The same evaluation gives the same file.
    with rc_context({"svg.hashsalt": "schoolgate", "font.size": 9}):
        figure = Figure(figsize=(11, 5.2), layout="constrained")
        figure.suptitle(f"{found.model} on {found.rows:,} judged comments")
        left, right = figure.subplots(1, 2)
        left.plot([0, 1], [0, 1], color="0.6", linestyle=":", label="as sure as it says")
        for label, bins in found.bins.items():
            left.plot(
                [mean for mean, _, _ in bins], [share for _, share, _ in bins], marker="o", markersize=3,
                label=label,
            )  # fmt: skip
        left.set(
            title="Calibration", xlabel="mean score (by tenths)", ylabel="share that people called abusive",
            xlim=(0, 1), ylim=(0, 1),
        )  # fmt: skip
        for label, curve in found.curves.items():
            (line,) = right.plot(
                [recall for _, _, recall in curve], [precision for _, precision, _ in curve], label=label
            )
            at = [m for m in found.measures if m.label == label and m.by == "all"]
            for measure in at:
                if measure.recall is not None and measure.precision is not None and label in thresholds:
                    right.plot(
                        [measure.recall], [measure.precision], marker="D", color=line.get_color(),
                        label=f"{label} at its threshold {thresholds[label]:.2f}", linestyle="none",
                    )  # fmt: skip
        right.set(
            title="Precision and recall", xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02)
        )
        for axes in (left, right):
            axes.grid(color="0.9")
            if axes.get_legend_handles_labels()[0]:
                axes.legend(fontsize=7)
        part = path.with_name(f".{path.name}.part{path.suffix}")
        try:
            figure.savefig(part, metadata={"Date": None} if path.suffix.lower() == ".svg" else None, dpi=120)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

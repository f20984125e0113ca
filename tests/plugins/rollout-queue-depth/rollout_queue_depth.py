"""Kind `queue-depth`: do at most so many files wait in a folder?"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from rollout_cli.checks.plugin import CheckPlugin, PluginContext, PluginOutcome


class QueueDepthParameters(BaseModel):
    """The keys of a check of this kind."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    folder: str = Field(min_length=1, description="The folder in which files wait, from the project's folder.")
    max: int = Field(ge=0, description="How many may wait.")


class QueueDepth:
    """Counts files."""

    parameters = QueueDepthParameters

    def ask(self, parameters: QueueDepthParameters, context: PluginContext) -> PluginOutcome:
        """PASS up to `max` files, FAIL beyond; a folder that is not there says nothing."""
        try:
            waiting = sum(1 for each in Path(parameters.folder).iterdir() if each.is_file())
        except OSError as error:
            return PluginOutcome(
                "INCONCLUSIVE", f"{parameters.folder} cannot be read", f"see to the folder: {error.strerror}"
            )
        evidence = {"waiting": waiting, "max": parameters.max, "rollout": context.rollout}
        message = f"{waiting} waiting, at most {parameters.max}"
        if waiting <= parameters.max:
            return PluginOutcome("PASS", message, evidence=evidence)
        return PluginOutcome("FAIL", message, "see whether anybody takes them out", evidence)


queue_depth: CheckPlugin[QueueDepthParameters] = QueueDepth()

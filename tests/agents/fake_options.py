"""What the scriptable fake agent lets a person choose, in the old words of ACP v1 or in its newer ones."""

from __future__ import annotations

MODES = {"ask": "Ask first", "plan": "Plan only", "auto": "Do it"}
MODELS = {"small": "Small", "large": "Large", "forbidden": "Not for you"}
EFFORTS = {"low": "Low", "high": "High"}
COMMANDS = [
    {"name": "review", "description": "Look over the changes", "input": {"hint": "what to look at"}},
    {"name": "compact", "description": "Forget what is not needed"},
]


class Offer:
    """`style` is `config`, `legacy` or empty: then there is nothing to choose."""

    def __init__(self, style: str) -> None:
        self.style = style
        self.current = {"mode": "ask", "model": "small", "effort": "low", "dry": False}

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self.current.items())

    def opened(self) -> dict:
        """What `session/new` and `session/load` answer of it."""
        if self.style == "config":
            return {"configOptions": self.options()}
        if self.style == "legacy":
            modes = [{"id": key, "name": name, "description": f"About {name}"} for key, name in MODES.items()]
            models = [{"modelId": key, "name": name} for key, name in MODELS.items()]
            return {
                "modes": {"currentModeId": self.current["mode"], "availableModes": modes},
                "models": {"currentModelId": self.current["model"], "availableModels": models},
            }
        return {}

    def options(self) -> list[dict]:
        sizes = [{"group": "g", "name": "Sizes", "options": values(MODELS)}]
        return [
            {**self.select("mode", "Mode", values(MODES)), "category": "mode", "description": "How far it goes"},
            {**self.select("model", "Model", sizes), "category": "model"},
            {**self.select("effort", "Effort", values(EFFORTS)), "category": "thought_level"},
            {"id": "dry", "name": "Dry run", "type": "boolean", "currentValue": self.current["dry"]},
            {"id": "odd", "name": "Odd", "type": "slider", "category": "_odd", "currentValue": "7"},
        ]

    def select(self, key: str, name: str, options: list[dict]) -> dict:
        return {"id": key, "name": name, "type": "select", "currentValue": self.current[key], "options": options}

    def set(self, method: str, params: dict) -> dict | None:
        """The answer to a request that sets something; None where it is refused."""
        name, value = {
            "session/set_mode": ("mode", params.get("modeId")),
            "session/set_model": ("model", params.get("modelId")),
            "session/set_config_option": (params.get("configId"), params.get("value")),
        }[method]
        if self.style != ("config" if method == "session/set_config_option" else "legacy") or value == "forbidden":
            return None
        self.current[name] = value
        return {"configOptions": self.options()} if self.style == "config" else {}


def values(named: dict[str, str]) -> list[dict]:
    return [{"value": key, "name": name} for key, name in named.items()]

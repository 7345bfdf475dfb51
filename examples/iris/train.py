"""Trains the model on the iris data that scikit-learn carries, and writes it to model/."""

from pathlib import Path

import joblib
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

FOLDER = Path(__file__).parent / "model"


def main() -> None:
    """Fit a small forest, always the same one."""
    features, species = load_iris(return_X_y=True)
    model = RandomForestClassifier(n_estimators=20, random_state=0).fit(features, species)
    FOLDER.mkdir(exist_ok=True)
    joblib.dump(model, FOLDER / "iris.joblib", compress=3)


if __name__ == "__main__":
    main()

"""Trains a small forest on the iris data that scikit-learn carries, and writes it beside itself."""

from pathlib import Path

import joblib
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

features, species = load_iris(return_X_y=True)
model = RandomForestClassifier(n_estimators=20, random_state=0).fit(features, species)
joblib.dump(model, Path(__file__).with_name("iris.joblib"), compress=3)

"""Ids of the groups boundary, quality and research, literally as the method has them."""

from __future__ import annotations

QUALITY = {"noise_velocity_ml", "noise_velocity", "noise_share_ml", "noise_share"}
BOUNDARY = {"ttb_ml_min", "ttb_ml_mean", "ttb_ml_sd", "ttb_ap_min", "ttb_ap_mean", "ttb_ap_sd"}

# fmt: off
SPECTRUM = {
    "f50_ml", "f50_ap", "f95_ml", "f95_ap", "centroid_ml", "centroid_ap", "dispersion_ml", "dispersion_ap",
    "power_ml", "power_ap", "band_low_ml", "band_low_ap", "band_mid_ml", "band_mid_ap", "band_high_ml", "band_high_ap",
    "mean_power_frequency_ml", "mean_power_frequency_ap", "mean_power_frequency_bds",
}
DIFFUSION = {
    "sda_ds_ml", "sda_ds_ap", "sda_ds_planar", "sda_dl_ml", "sda_dl_ap", "sda_dl_planar", "sda_tc_ml", "sda_tc_ap",
    "sda_tc_planar", "sda_hs_ml", "sda_hs_ap", "sda_hs_planar", "sda_hl_ml", "sda_hl_ap", "sda_hl_planar",
}
COMPLEXITY = {
    "dfa_ml", "dfa_ap", "sampen_ml", "sampen_ap", "sampen_ml_scale2", "sampen_ml_scale3", "sampen_ml_scale4",
    "sampen_ap_scale2", "sampen_ap_scale3", "sampen_ap_scale4",
}
SWAY_DENSITY = {"sway_density_peak", "sway_density_distance", "sway_density_interval"}
# fmt: on
RESEARCH = SPECTRUM | DIFFUSION | COMPLEXITY | SWAY_DENSITY

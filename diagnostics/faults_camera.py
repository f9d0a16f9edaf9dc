"""The catalogue of `project`: what goes wrong between a world point and its image point, and what to do about it."""

from __future__ import annotations

from diagnostics.faults import Entry

_LANDING = " {landing}."

CATALOGUE: dict[str, Entry] = {
    "pose-inverted": Entry(
        "project",
        "The pose is used the wrong way round: {how}. A camera at the origin hides it; any other looks elsewhere."
        + _LANDING,
        "camera_points = world_points @ R.T + t, with R, t from world_to_camera = inv(camera_to_world).",
        "scannetpp#33",
    ),
    "camera-axes": Entry(
        "project",
        "The camera's axes are taken for another convention than OpenCV's (x right, y down, z forward): {how}."
        + _LANDING,
        "From OpenGL axes: world_to_camera = diag(1, -1, -1, 1) @ world_to_camera; from OpenCV poses: no sign at all.",
        "pytorch3d#596, bmild/nerf#8",
    ),
    "distortion-ignored": Entry(
        "project",
        "The lens is not applied as the camera gives it: {how}. The error grows with the third power of the distance "
        "from the principal point." + _LANDING,
        "Distort (x/z, y/z) with OpenCV's k1 k2 p1 p2 k3 ... before fx, fy, cx, cy, or undistort the image first.",
        "bmild/nerf#38",
    ),
    "intrinsics-not-rescaled": Entry(
        "project",
        "K belongs to another resolution than the image: {how}. Points spread from the image's left top corner."
        + _LANDING,
        "fx, fy, cx, cy = camera.fx, camera.fy, camera.cx, camera.cy of the image at hand; camera.resized((H, W)).",
        "simplerecon#9",
    ),
    "intrinsics-single-ratio": Entry(
        "project",
        "K was rescaled by one ratio on both axes, although width and height were resized by two: {how}." + _LANDING,
        "fx *= W1 / W0; fy *= H1 / H0; cx and cy likewise, each about the image's corner: camera.resized((H1, W1)).",
        "ScanNet#109",
    ),
    "principal-point-origin": Entry(
        "project",
        "The principal point and the points count from different origins: {how}. Half a pixel at every image size."
        + _LANDING,
        "Index points need cx - 1/2, cy - 1/2 of an edge-origin K (COLMAP) and cx, cy of an index-origin one (OpenCV).",
        "colmap#2587, Open3D#7579",
    ),
    "principal-point-centred": Entry(
        "project",
        "The principal point is assumed at the image's centre: {how} is used in place of cx, cy." + _LANDING,
        "Use camera.cx and camera.cy; the middle of an image is ((W - 1)/2, (H - 1)/2) in index coordinates.",
        "gaussian-splatting#1010",
    ),
    "principal-point-not-shifted": Entry(
        "project",
        "The image is a crop, but the principal point is that of another window: it is off by {how}." + _LANDING,
        "cx -= dx; cy -= dy, with the crop's left and top: camera.cropped((dx, dy), (H, W)).",
        "Objectron#36",
    ),
    "intrinsics-rescaled-half-pixel": Entry(
        "project",
        "An index-origin principal point was rescaled as cx * s, with {how}: a scale acts on edge coordinates, so "
        "(1 - s)/2 pixels of the rescaled image, (1/s - 1)/2 of the other, are lost." + _LANDING,
        "cx = (cx + 1/2) * s - 1/2, cy likewise; fx * s and fy * s are right.",
        "kornia#4263",
    ),
    "behind-camera-kept": Entry(
        "project",
        "Points behind the camera count as valid: {kept} of {behind} that were asked, for instance the world point "
        "{point} at depth {depth}, said to be seen at {landing}. Such points are mirrored through the camera's centre.",
        "valid &= depth > 0, with the depth from before the division.",
        "pytorch3d#1359",
    ),
}

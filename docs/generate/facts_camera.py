"""Facts on the way from world point to image point: pose, axes, lens and intrinsics."""

from __future__ import annotations

from docs.generate.fact import Fact

FACTS: dict[str, Fact] = {
    "pose-inverted": Fact(
        "the pose is used the wrong way round",
        "X_camera = R·X_world + t           world_to_camera",
        "camera_to_world used in its place, or R transposed alone",
        "Points land anywhere, or behind the camera. A camera at the origin hides it: test a second view.",
        "world_to_camera = numpy.linalg.inv(camera_to_world)",
        (("camera-axes", "whole axes change sign: a mirror, not a muddle"),),
    ),
    "camera-axes": Fact(
        "another convention of camera axes",
        "x right, y down, z forward         OpenCV, COLMAP, ScanNet",
        "x right, y up, z backward          OpenGL, Blender, nerfstudio; or y up alone",
        "OpenGL: u is mirrored and every point in front is rejected. y up alone: v is mirrored about the principal "
        "point.",
        "world_to_camera = numpy.diag([1, -1, -1, 1]) @ world_to_camera  # from OpenGL axes",
        (
            ("pose-inverted", "no mirror: a muddle that depends on the pose"),
            ("axis-flipped-y", "mirrored about the middle of the crop: probe `lift` alone"),
        ),
    ),
    "distortion-ignored": Fact(
        "the lens is not applied",
        "(x, y) → x·(1 + k1·r² + k2·r⁴ + …) + tangential terms, then fx, cx",
        "(x, y) → fx·x + cx                 a pinhole on a distorted image",
        "Zero at the principal point, growing with the third power of the distance from it.",
        "points, _ = cv2.projectPoints(world, rvec, tvec, K, distortion)  # k1 k2 p1 p2 k3 …\n"
        "image = cv2.undistort(image, K, distortion)  # or take it out of the image first",
        (("intrinsics-single-ratio", "grows in proportion to the distance, and on one axis"),),
    ),
    "intrinsics-not-rescaled": Fact(
        "K of another resolution",
        "K of the image at hand             camera.resized((H1, W1))",
        "K of 1296×968 on an image of 640×480, typed in once",
        "Points spread from, or draw towards, the image's left top corner: the gain is the ratio of the widths.",
        "camera = camera.resized((height, width))  # of the image that the features come from",
        (
            ("applied-twice", "a gain in `lift`: probe `project` alone"),
            ("principal-point-not-shifted", "a constant"),
        ),
    ),
    "intrinsics-single-ratio": Fact(
        "one ratio for both axes",
        "fx·W1/W0, fy·H1/H0                 640/1296 = 0.4938 and 480/968 = 0.4959",
        "fx·r, fy·r                         one of the two for both",
        "Right on one axis, on the other a gain of 0.41 % for 1296×968 → 640×480.",
        "fx, cx = fx * W1 / W0, (cx + 0.5) * W1 / W0 - 0.5\nfy, cy = fy * H1 / H0, (cy + 0.5) * H1 / H0 - 0.5",
        (("intrinsics-not-rescaled", "both axes alike"),),
    ),
    "principal-point-origin": Fact(
        "principal point and points count from different origins",
        "edge-origin K (COLMAP):  u = fx·x + cx − 1/2     index points",
        "edge-origin K:           u = fx·x + cx           or 1/2 taken from an index-origin K",
        "A constant of half a source pixel on both axes at every image size.",
        'camera = Camera(fx, fy, cx, cy, size, pose, origin="edge")  # COLMAP, nerfstudio, OpenGL\n'
        'camera = Camera(fx, fy, cx, cy, size, pose, origin="index")  # OpenCV calibrations',
        (
            (
                "source-half-pixel",
                "½ px as well where the half is missing: it acts in `lift`, so probe `project` alone",
            ),
            ("intrinsics-rescaled-half-pixel", "the same at a scale of ½ exactly: change the size"),
        ),
    ),
    "principal-point-centred": Fact(
        "the principal point is assumed at the centre",
        "cx, cy from the calibration        the middle itself is (W − 1)/2 in index coordinates",
        "cx = W/2, cy = H/2",
        "A constant, the camera's true offset from the middle.",
        "K = torch.tensor([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])  # cx, cy as calibrated",
        (
            ("principal-point-origin", "exactly half a pixel"),
            ("principal-point-not-shifted", "the offset of a crop, whole pixels"),
        ),
    ),
    "principal-point-not-shifted": Fact(
        "the image is cropped, K is not",
        "cx − dx, cy − dy                   with the crop's left and top",
        "cx, cy                             of the whole image",
        "A constant, the crop's offset.",
        "camera = camera.cropped((dx, dy), (height, width))",
        (
            ("crop-offset-missing", "the crop of the *features*: it acts in `lift`, so probe `project` alone"),
            ("principal-point-centred", "changes from camera to camera"),
        ),
    ),
    "intrinsics-rescaled-half-pixel": Fact(
        "cx · s on an index-origin K",
        "cx' = (cx + 1/2)·s − 1/2",
        "cx' = cx·s",
        "A constant of ½(1/s − 1) source pixels on both axes, larger the more K was scaled down.",
        "cx, cy = (cx + 0.5) * sx - 0.5, (cy + 0.5) * sy - 0.5  # or camera.resized((H1, W1))",
        (
            ("principal-point-origin", "½ px at every size; at s = ½ the two are one"),
            ("source-half-pixel", "the same constant in `lift`: probe `project` alone"),
        ),
    ),
    "behind-camera-kept": Fact(
        "points behind the camera count as valid",
        "valid = (z > 0) & …                with z from before the division",
        "valid = 0 ≤ u < W & 0 ≤ v < H      a point behind lands there mirrored",
        "Nothing in front moves. Points behind read features from the opposite side of the image.",
        "valid &= depth > 0  # camera coordinates, before dividing by z",
        (("camera-axes", "with OpenGL axes the points in *front* are rejected"),),
    ),
}

"""What other tools call the parts of a camera, and how to get ours from theirs: advice where a file has theirs."""

from __future__ import annotations

_FROM_K = "take fx = K[0][0], fy = K[1][1], cx = K[0][2], cy = K[1][2]"
_INVERSE = "world_to_camera is wanted: of a camera-to-world pose, its inverse (numpy.linalg.inv)"
_QUATERNION = "make a 3x3 rotation of it, and with the translation a 4x4 world_to_camera"
_PARTS = "give one 4x4 world_to_camera: R, with t as its last column, above (0, 0, 0, 1)"
_SIZE = "give size, [height, width]"

# What a file may say in place of a field of ours -> what to write.
ADVICE = {
    **dict.fromkeys(("K", "intrinsics", "intrinsic", "camera_matrix", "intrinsic_matrix"), _FROM_K),
    **dict.fromkeys(("camera_to_world", "c2w", "pose", "transform_matrix", "cam2world"), _INVERSE),
    **dict.fromkeys(("quaternion", "qvec", "q", "rotation_quaternion"), _QUATERNION),
    **dict.fromkeys(("R", "t", "T", "rotation", "translation", "tvec"), _PARTS),
    **dict.fromkeys(("width", "height", "w", "h", "image_size", "resolution"), _SIZE),
    **dict.fromkeys(("extrinsics", "extrinsic", "w2c", "world2cam"), "call it world_to_camera, 4x4"),
    **dict.fromkeys(("fl_x", "fl_y", "f", "focal", "focal_length"), "give fx and fy, in pixels"),
    **dict.fromkeys(("dist", "distCoeffs", "dist_coeffs", "D"), "call it distortion, in OpenCV's order"),
    **dict.fromkeys(("k1", "k2", "k3", "p1", "p2"), "give distortion, [k1, k2, p1, p2, k3]"),
}

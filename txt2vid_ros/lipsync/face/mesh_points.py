"""
The points of the 468-point face mesh that make up each part of the face.

Right and left are the person's; rows run from the right corner (left in the picture) to the left.
"""

from __future__ import annotations

UPPER_OUTER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
UPPER_INNER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_INNER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
LOWER_OUTER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)

RIGHT_EYE_OUTER, LEFT_EYE_OUTER = 33, 263
NOSE_BRIDGE, NOSE_BASE, CHIN = 168, 2, 152

RIGHT_LID_UPPER = (33, 246, 161, 160, 159, 158, 157, 173, 133)
RIGHT_LID_LOWER = (33, 7, 163, 144, 145, 153, 154, 155, 133)
LEFT_LID_UPPER = (362, 398, 384, 385, 386, 387, 388, 466, 263)
LEFT_LID_LOWER = (362, 382, 381, 380, 374, 373, 390, 249, 263)
RIGHT_BROW_LOWER = (46, 53, 52, 65, 55)
LEFT_BROW_LOWER = (285, 295, 282, 283, 276)
RIGHT_BROW = (70, 63, 105, 66, 107)
LEFT_BROW = (336, 296, 334, 293, 300)

OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)

# How far each point of the jaw line and chin moves with the jaw, 0 to 1.
_JAW = (
    (1.0, (152, 148, 377, 200, 199, 175)),
    (0.97, (176, 400, 18)),
    (0.95, (194, 418)),
    (0.9, (149, 378, 204, 424)),
    (0.85, (211, 431)),
    (0.78, (150, 379)),
    (0.72, (210, 430)),
    (0.6, (136, 365)),
    (0.5, (214, 434)),
    (0.4, (172, 397)),
    (0.18, (58, 288)),
    (0.06, (132, 361)),
)
JAW_FOLLOW: dict[int, float] = {point: share for share, points in _JAW for point in points}
# Points beside the mouth; the nearer to its corners, the more they move with them.
BESIDE_MOUTH = (
    *(57, 43, 186, 206, 207, 212, 216, 187, 205, 202, 92, 165, 203),
    *(287, 273, 410, 426, 427, 432, 436, 411, 425, 422, 322, 391, 423),
)
# Points fixed to the skull.
STILL = (
    *(1, 2, 94, 98, 327, 129, 358, 49, 279, 36, 266, 101, 330, 50, 280, 123, 352, 93, 323, 234),
    *(454, 6, 117, 346, 164),
)

// Package qrscan reads QR codes, as the camera of the demo's WeChat does: from the very picture that the program has
// sent, so that what is paid is what a patient's phone would have read.
//
// It reads drawn codes (ISO/IEC 18004, versions 1 to 10, any level): upright, unblurred, dark on light, with nothing
// else dark in the picture. Damage is detected by the code's own check symbols and refused, not repaired.
package qrscan

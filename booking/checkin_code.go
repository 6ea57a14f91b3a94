package booking

import (
	"context"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"strings"
)

// A check-in code is what the QR code of an appointment slip holds: the appointment's number and a part of a digest, in the letters that QR
// codes are densest with. Whoever has the key can read it, and nobody else can make one: a terminal takes it as proof that the patient was
// given the slip. It says nothing about the patient. What it is good for is decided when it is used, by the appointment's status.
const (
	checkInMark   = "GH1"
	checkInDigest = 10 // bytes: 80 bits, which nobody guesses at a terminal
)

var checkInLetters = base32.StdEncoding.WithPadding(base32.NoPadding)

// ErrBadCode says that a check-in code is none of ours.
var ErrBadCode = refuse(CodeBadCode, "这不是本系统的签到码，请核对，或按姓名在窗口签到。", "This is no check-in code of ours. Please check it, or check in by name at the desk.")

// CheckInCode is the code of an appointment's slip.
func (s *Store) CheckInCode(id AppointmentID) string {
	number := binary.BigEndian.AppendUint64(nil, uint64(id))
	return checkInMark + checkInLetters.EncodeToString(append(number, s.checkInDigest(number)...))
}

func (s *Store) checkInDigest(number []byte) []byte {
	return s.keys.Digest("appointments.check_in", string(number))[:checkInDigest]
}

// CheckInByCode is CheckIn by the code of a slip, as a scanner at the desk or a terminal reads it.
func (s *Store) CheckInByCode(ctx context.Context, by StaffID, code string) (Visit, error) {
	id, err := s.CodeOf(code)
	if err != nil {
		return Visit{}, err
	}
	return s.CheckIn(ctx, by, id)
}

// CodeOf gives the appointment whose slip has a check-in code, or ErrBadCode.
func (s *Store) CodeOf(code string) (AppointmentID, error) {
	code = strings.ToUpper(strings.TrimSpace(code))
	data, err := checkInLetters.DecodeString(strings.TrimPrefix(code, checkInMark))
	if err != nil || len(data) != 8+checkInDigest {
		return 0, ErrBadCode
	}
	id := AppointmentID(binary.BigEndian.Uint64(data[:8]))
	if subtle.ConstantTimeCompare([]byte(code), []byte(s.CheckInCode(id))) == 0 {
		return 0, ErrBadCode
	}
	return id, nil
}

// CheckInWithin is CheckInByCode by a member of staff who may do so in a part of the directory: a slip of another hospital or department is refused with its name.
func (s *Store) CheckInWithin(ctx context.Context, by StaffID, within Reach, code string) (Visit, error) {
	id, err := s.CodeOf(code)
	if err != nil {
		return Visit{}, err
	}
	v, err := s.Visit(ctx, id)
	if err != nil {
		return Visit{}, err
	}
	if !within.Covers(v.Department) {
		return Visit{}, refusef(CodeElsewhere, "这张凭条是%[1]s%[2]s的，不在您负责的范围，没有签到。请患者到那里去。",
			"This slip is for %[3]s, %[4]s, which is not yours. The patient is not checked in; please send them there.", v.Hospital.Name.ZH, v.Department.Name.ZH, v.Hospital.Name.EN, v.Department.Name.EN)
	}
	return s.CheckIn(ctx, by, id)
}

package booking

import (
	"errors"
	"fmt"
)

// Code says for programs what was wrong with a request.
type Code string

// The codes of errors that a person can do something about.
const (
	CodeSlotFull         Code = "slot_full"
	CodeScheduleStopped  Code = "schedule_stopped"
	CodeDuplicate        Code = "duplicate" // the same patient, doctor, day and half-day
	CodeLimit            Code = "limit"
	CodeTooLate          Code = "too_late"
	CodeTooEarly         Code = "too_early"
	CodeNotFound         Code = "not_found"
	CodeNotYours         Code = "not_yours"
	CodeWrongStatus      Code = "wrong_status"
	CodeBadDocument      Code = "bad_document"
	CodeBadName          Code = "bad_name"
	CodeBadPhone         Code = "bad_phone"
	CodeTooManyPatients  Code = "too_many_patients"
	CodePatientBusy      Code = "patient_busy"      // cannot be removed: has visits to come
	CodeDuplicatePatient Code = "duplicate_patient" // the user has this document already
	CodeConflict         Code = "conflict"          // a request key that was used for something else
	CodeSuspended        Code = "suspended"         // because of no-shows
	CodeSlowedDown       Code = "slowed_down"       // because too many places were given back
	CodeNotAdmitted      Code = "not_admitted"      // the department does not treat this sex or age
	CodeNeedsGuardian    Code = "needs_guardian"    // the patient is under age
	CodeBadText          Code = "bad_text"          // empty or too long
	CodeBadCode          Code = "bad_code"          // a check-in code that is none of ours
	CodeQueueEmpty       Code = "queue_empty"       // nobody waits for this doctor
	CodeQueuePaused      Code = "queue_paused"      // the doctor calls nobody just now
	CodeQueueMoved       Code = "queue_moved"       // somebody else has called or changed it meanwhile
	CodeNotInQueue       Code = "not_in_queue"
	CodeSkippedTooOften  Code = "skipped_too_often" // and has to ask at the desk
	CodeQueueClass       Code = "queue_class"       // the department has no such class
	CodeElsewhere        Code = "elsewhere"         // a check-in at another hospital, or too far away
	CodeBadPolicy        Code = "bad_policy"        // values out of range, or rules that contradict each other
	CodeBadSchedule      Code = "bad_schedule"      // times that overlap, an end before its start, places that do not fit
	CodeInTheWay         Code = "in_the_way"        // somebody has booked what would be gone
	CodeOvertaken        Code = "overtaken"         // somebody else has changed it meanwhile
)

// Error is a refusal: a code for programs and a sentence for the person. Its message never has personal data in it.
// errors.Is compares codes, so every error is found by the sentinel of its code.
type Error struct {
	Code    Code
	Message Text
	Rule    string // the policy's key of the rule that refused, as limits.per_day, where it is one
}

// Error gives the code and the English sentence, for logs.
func (e *Error) Error() string { return fmt.Sprintf("booking: %s: %s", e.Code, e.Message.EN) }

// Is tells whether target is a refusal of the same code.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

// IsRefusal tells whether err is something that a person can be told, rather than a failure.
func IsRefusal(err error) bool {
	var refusal *Error
	return errors.As(err, &refusal)
}

// The sentinels, with what is said where there is nothing more to tell.
var (
	ErrSlotFull         = refuse(CodeSlotFull, "这个时段的号刚刚被约完了，请换一个时段。", "The last place at this time was just taken. Please choose another time.")
	ErrScheduleStopped  = refuse(CodeScheduleStopped, "医生这半天停诊了，请换一个时间或另选一位医生。", "This clinic has been cancelled by the hospital. Please choose another time or doctor.")
	ErrDuplicate        = refuse(CodeDuplicate, "这位就诊人已经约了该医生的同一个半天。要换时间，请在“我的预约”里改约。", "This patient already has an appointment with this doctor in the same half-day. To change its time, please move it under “My appointments”.")
	ErrLimit            = refuse(CodeLimit, "已达到医院规定的预约上限。", "The hospital's limit of appointments is reached.")
	ErrTooLate          = refuse(CodeTooLate, "已经过了可以操作的时间。", "It is too late for this.")
	ErrTooEarly         = refuse(CodeTooEarly, "这一天还没有开始放号。", "Booking for this day has not opened yet.")
	ErrNotFound         = refuse(CodeNotFound, "没有找到，可能已经变更，请重新选择。", "Not found. It may have changed; please choose again.")
	ErrNotYours         = refuse(CodeNotYours, "这不是您名下的记录。", "This does not belong to you.")
	ErrWrongStatus      = refuse(CodeWrongStatus, "预约的状态已经变化，不能这样操作。", "The appointment has changed meanwhile; this is no longer possible.")
	ErrBadDocument      = refuse(CodeBadDocument, "证件号码不正确，请检查后重新输入。", "This document number is not valid. Please check it and type it again.")
	ErrBadName          = refuse(CodeBadName, "姓名请填 2 到 50 个字，只能有汉字、字母、间隔号“·”、空格和连字符。", "A name has 2 to 50 characters: letters, Chinese characters, “·”, spaces and hyphens.")
	ErrBadPhone         = refuse(CodeBadPhone, "请输入 11 位大陆手机号；境外号码请以 + 和国家代码开头。", "Please type an 11-digit mainland mobile number, or an international one that starts with + and the country code.")
	ErrTooManyPatients  = refuse(CodeTooManyPatients, "就诊人已达上限，请先删除不再使用的就诊人。", "You have as many patients as are allowed. Please remove one first.")
	ErrPatientBusy      = refuse(CodePatientBusy, "这位就诊人还有未就诊的预约，取消之后才能删除。", "This patient has a visit to come. Cancel it before you remove the patient.")
	ErrDuplicatePatient = refuse(CodeDuplicatePatient, "您已经添加过这个证件的就诊人。", "You have already added the patient with this document.")
	ErrSuspended        = refuse(CodeSuspended, "因多次爽约，暂停线上预约；可到医院窗口现场挂号，或在“我的记录”里申诉。", "Booking is suspended after missed visits. You can register at the hospital's desk, or appeal under “My record”.")
	ErrSlowedDown       = refuse(CodeSlowedDown, "近期取消过于频繁，请稍后再预约。", "Too many places were given back lately. Please book later.")
	ErrNotAdmitted      = refuse(CodeNotAdmitted, "这个科室不接诊这位就诊人，请换一个科室或就诊人。", "This department does not treat this patient. Please choose another department or patient.")
	ErrBadPolicy        = refuse(CodeBadPolicy, "规则不正确，没有保存。", "The policy is not valid and was not stored.")
	ErrQueueEmpty       = refuse(CodeQueueEmpty, "现在没有患者在等这位医生。", "Nobody is waiting for this doctor now.")
	ErrQueuePaused      = refuse(CodeQueuePaused, "这位医生已暂停叫号，请先恢复。", "Calling is paused for this doctor. Please resume it first.")
	ErrQueueMoved       = refuse(CodeQueueMoved, "队列刚刚有变化（可能别人已经操作），这一下没有生效。请看最新情况再操作。", "The queue has just changed, perhaps by a colleague, so this was not done. Please look at it again.")
	ErrNobodyCalled     = refuse(CodeQueueMoved, "这位医生现在没有叫到的患者。", "Nobody is called to this doctor now.")
	ErrNotInQueue       = refuse(CodeNotInQueue, "这位患者不在候诊队列里，请先签到。", "This patient is not in the queue. Please check in first.")
	ErrSkippedTooOften  = refuse(CodeSkippedTooOften, "这位患者过号次数太多，请到分诊台处理。", "This patient was passed over too often. Please ask at the desk.")
	ErrQueueClass       = refuse(CodeQueueClass, "本科室没有这个优先级别。", "This department has no such class.")
	ErrElsewhere        = refuse(CodeElsewhere, "请到预约的医院签到。", "Please check in at the hospital of the appointment.")
	ErrConflict         = refuse(CodeConflict, "这个请求已经处理过了。", "This request was already used for something else.")
)

// by names the rule that refused.
func (e *Error) by(rule string) *Error {
	e.Rule = rule
	return e
}

func refuse(code Code, zh, en string) *Error {
	return &Error{Code: code, Message: Text{ZH: zh, EN: en}}
}

// refusef formats both sentences with the same arguments; verbs may use indexes ("%[1]d").
func refusef(code Code, zh, en string, args ...any) *Error {
	return refuse(code, fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...))
}

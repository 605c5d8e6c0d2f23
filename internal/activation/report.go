package activation

import (
	"log/slog"
	"time"
)

// report tells what holds.
func (k *Keeper) report(s State, now time.Time) {
	log := k.cfg.Log.With(licenseAttrs(s, now)...)
	switch {
	case !s.Active():
		log.Error("pictures are refused: not activated", "status", int(s.Status), "reason", s.Reason, "since", s.Since)
	case s.Grace:
		log.Warn("licence has expired and is in its grace period; renew it")
	case s.expiresSoon(now):
		log.Warn("licence expires soon; renew it")
	default:
		log.Info("licence is in force")
	}
}

// warn is the day's warning, where there is reason for one.
func (k *Keeper) warn(now time.Time) {
	if s := k.State(); !s.Active() || s.Grace || s.expiresSoon(now) {
		k.report(s, now)
	}
}

func (s State) expiresSoon(now time.Time) bool {
	days, _, expires := s.DaysLeft(now)
	return expires && days <= warnDays
}

func licenseAttrs(s State, now time.Time) []any {
	if s.License.ID == "" {
		return nil
	}
	attrs := []any{slog.String("license", s.License.ID)}
	if days, grace, ok := s.DaysLeft(now); ok {
		attrs = append(attrs, slog.Time("expires", s.License.Expires), slog.Int("days_left", days), slog.Int("grace_days_left", grace))
	}
	return attrs
}

package simulate

import (
	"math"
	"math/rand/v2"
)

// pathStep is the time between the stances that are kept of a path, seconds.
const pathStep = 0.2

// visit is one stay of an animal, from when it comes near to when it is gone.
type visit struct {
	from    float64 // seconds from the start of the deployment
	stances []stance
}

// animal is an individual and all its visits.
type animal struct {
	kind   int
	id     int // from 1, in the deployment
	length float64
	tone   uint32
	visits []visit
}

// at is how the animal holds itself at a time; false while it is away.
func (a *animal) at(t float64) (stance, bool) {
	for _, v := range a.visits {
		k := (t - v.from) / pathStep
		if k < 0 || k >= float64(len(v.stances)-1) {
			continue
		}
		i := int(k)
		f := k - float64(i)
		p, q := v.stances[i], v.stances[i+1]
		out := p
		out.at = curve(v.stances, i, f)
		out.yaw = p.yaw + f*wrapAngle(q.yaw-p.yaw)
		out.pitch, out.turning = mix(p.pitch, q.pitch, f), mix(p.turning, q.turning, f)
		out.speed, out.phase, out.effort = mix(p.speed, q.speed, f), mix(p.phase, q.phase, f), mix(p.effort, q.effort, f)
		return out, true
	}
	return stance{}, false
}

// curve goes smoothly through the places of a path (Catmull and Rom 1974).
func curve(s []stance, i int, f float64) vec {
	a, b, c, d := s[max(i-1, 0)].at, s[i].at, s[i+1].at, s[min(i+2, len(s)-1)].at
	f2, f3 := f*f, f*f*f
	return a.mul(-0.5*f3 + f2 - 0.5*f).add(b.mul(1.5*f3 - 2.5*f2 + 1)).add(c.mul(-1.5*f3 + 2*f2 + 0.5*f)).add(d.mul(0.5*f3 - 0.5*f2))
}

// swimmer is an animal on its way, while its path is worked out.
type swimmer struct {
	kind   *species
	length float64
	stance
	climb  float64 // metres a second
	pace   float64 // its usual speed, metres a second
	agile  float64 // most it turns, radians a second
	stay   *stage
	others []vec // heads of those it keeps clear of
}

// stage is where animals swim: the bed, the bait, and how far one can see.
type stage struct {
	bed   *bed
	bait  vec
	eye   vec
	reach float64 // metres at which an animal is lost in the haze
}

// toward swims on for a step of dt seconds to a place.
func (s *swimmer) toward(goal vec, hurry, dt float64) {
	way := goal.sub(s.at)
	want := math.Atan2(way.x, way.z)
	turn := clamp(2.2*wrapAngle(want-s.yaw), -s.agile, s.agile)
	turn += s.avoid()
	s.turning += (clamp(turn, -1.3*s.agile, 1.3*s.agile) - s.turning) * math.Min(1, dt*2.6)
	s.yaw += s.turning * dt
	slow := 1 - 0.3*math.Min(1, math.Abs(s.turning)/s.agile)
	s.speed += (s.pace*hurry*slow - s.speed) * math.Min(1, dt*0.9)
	ahead := vec{math.Sin(s.yaw), 0, math.Cos(s.yaw)}
	floor := math.Max(s.stay.bed.floor(s.at.x, s.at.z), s.stay.bed.floor(s.at.x+ahead.x*s.length, s.at.z+ahead.z*s.length))
	goal.y = math.Max(goal.y, floor+s.kind.low*0.8+0.09*s.length*s.girth())
	level := math.Max(way.x*way.x+way.z*way.z, 0.25)
	climb := clamp((goal.y-s.at.y)*math.Max(0.35, s.speed/math.Sqrt(level)), -0.3*s.speed, 0.4*s.speed)
	s.climb += (climb - s.climb) * math.Min(1, dt*1.8)
	s.pitch = math.Atan2(s.climb, math.Max(s.speed, 0.1)) * 0.9
	s.at = s.at.more(ahead, s.speed*dt)
	s.at.y += s.climb * dt
	s.at.y = math.Max(s.at.y, s.stay.bed.height(s.at.x, s.at.z)+0.05*s.length*s.girth()+0.04)
	s.effort = clamp(s.speed/s.pace, 0.35, 1.8)
	s.phase += dt * (s.kind.gait.idle*0.3 + s.kind.gait.beats*s.speed/s.length)
}

// girth scales how much room a body needs below it: a ray's disc is flat.
func (s *swimmer) girth() float64 {
	if s.kind.gait.flap > 0 {
		return 0.25
	}
	return 1
}

// avoid is the turn away from the camera, from tall things, and from others in the way.
func (s *swimmer) avoid() float64 {
	turn := 0.0
	shun := func(p vec, room, strength float64) {
		d := s.at.sub(p)
		far := math.Hypot(d.x, d.z)
		if far > room || math.Abs(d.y) > room {
			return
		}
		side := math.Sin(s.yaw)*d.z - math.Cos(s.yaw)*d.x // left of it is positive
		away := -1.0
		if side < 0 {
			away = 1
		}
		turn += away * strength * (1 - far/room)
	}
	shun(s.stay.eye, 0.75+0.42*s.length, 5)
	for _, r := range s.stay.bed.rocks {
		if s.at.y < r.top+0.15 {
			shun(vec{r.x, s.at.y, r.z}, r.radius+0.5*s.length, 2)
		}
	}
	for _, o := range s.others {
		if o.sub(s.at).len() > 0.05 {
			shun(o, 0.35+0.3*s.length, 1.1)
		}
	}
	return turn
}

// tour is the path of an animal that comes from far, goes about the bait for a while
// and leaves. It ends when the animal is lost in the haze, or at the last moment.
func tour(r *rand.Rand, stay *stage, kind *species, length, from, linger, last float64, about func(float64, []vec) []vec) visit {
	inView := between(r, -0.75, 0.75)
	start := inView
	if r.Float64() < 0.3 { // from the side or from behind
		start = math.Copysign(between(r, 1.1, 2.4), inView)
	}
	out := stay.reach * between(r, 0.85, 1.0)
	s := &swimmer{kind: kind, length: length, stay: stay, pace: kind.speed * length * between(r, 0.85, 1.2), agile: clamp(0.75/length+0.25, 0.4, 2)}
	s.at = vec{out * math.Sin(start), 0, out * math.Cos(start)}
	s.at.y = math.Max(stay.bed.floor(s.at.x, s.at.z), 0) + between(r, kind.low, kind.high) + 0.1*length
	s.yaw = math.Atan2(stay.bait.x-s.at.x, stay.bait.z-s.at.z) + between(r, -0.4, 0.4)
	s.speed, s.phase = s.pace, r.Float64()
	v := visit{from: from}
	plan := &loiter{r: r, kind: kind, stay: stay, length: length, hand: math.Copysign(1, r.Float64()-0.5)}
	leave := math.Copysign(between(r, 0.3, 2.0), r.Float64()-0.5)
	away := vec{2 * stay.reach * math.Sin(leave), between(r, kind.low, kind.high), 2 * stay.reach * math.Cos(leave)}
	const sub = 4
	for i := 0; ; i++ {
		t := from + float64(i)*pathStep
		v.stances = append(v.stances, s.stance)
		gone := math.Hypot(s.at.x, s.at.z) > stay.reach*1.05 || s.at.z < -2.5 && t > from+linger
		if t > last || t > from+5 && gone && (t > from+linger || i > 3000) {
			return v
		}
		s.others = about(t, s.others[:0])
		for range sub {
			if t < from+linger {
				goal, hurry := plan.next(s.at, pathStep/sub)
				s.toward(goal, hurry, pathStep/sub)
			} else {
				s.toward(away, 1.15, pathStep/sub)
			}
		}
	}
}

// loiter chooses where an animal goes while it is about: around the bait, past the camera, at the bait, out and back.
type loiter struct {
	r      *rand.Rand
	kind   *species
	stay   *stage
	length float64
	hand   float64 // 1: it circles clockwise seen from above
	goal   vec
	hurry  float64
	left   float64 // seconds until it thinks again
	orbit  float64 // radius; 0: straight to the goal
}

func (l *loiter) next(at vec, dt float64) (vec, float64) {
	l.left -= dt
	if l.left <= 0 || l.orbit == 0 && math.Hypot(at.x-l.goal.x, at.z-l.goal.z) < 0.3+0.3*l.length {
		l.choose(at)
	}
	if l.orbit == 0 {
		return l.goal, l.hurry
	}
	d := at.sub(l.stay.bait)
	angle := math.Atan2(d.x, d.z) + l.hand*clamp(0.9*l.length/l.orbit, 0.35, 1)
	return vec{l.stay.bait.x + l.orbit*math.Sin(angle), l.goal.y, l.stay.bait.z + 0.5 + l.orbit*math.Cos(angle)}, l.hurry
}

func (l *loiter) choose(at vec) {
	r, height := l.r, between(l.r, l.kind.low, mix(l.kind.low, l.kind.high, l.r.Float64()))
	l.hurry, l.orbit, l.left = between(r, 0.85, 1.15), 0, between(r, 5, 14)
	bait := l.stay.bait
	side := math.Copysign(1, r.Float64()-0.5)
	switch dice := r.Float64(); {
	case dice < 0.42:
		l.orbit = between(r, 0.9, 3.2) + (1-l.kind.bold)*1.5 + 0.3*l.length
		if r.Float64() < 0.3 {
			l.hand = -l.hand
		}
		l.goal.y = height
	case dice < 0.42+0.25*l.kind.bold: // past the bait, near
		l.goal = bait.add(vec{side * between(r, 0.5, 1.6), between(r, 0, 0.35), between(r, -0.15, 0.5)})
		l.hurry *= 0.9
	case dice < 0.80: // across the view
		l.goal = vec{side * between(r, 1.4, 3.5), height, between(r, 1.6, 4.5)}
	default: // out into the haze and back
		angle := between(r, -0.9, 0.9)
		out := l.stay.reach * between(r, 0.45, 0.8)
		l.goal = vec{out * math.Sin(angle), height, out * math.Cos(angle)}
	}
}

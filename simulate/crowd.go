package simulate

import (
	"math"
	"math/rand/v2"
)

// follow is the path of a member of a group: the leader's, a little later and to one side, wavering.
func follow(r *rand.Rand, lead visit, kind *species, length float64, stay *stage) visit {
	spread := 1.1 * length * math.Cbrt(float64(kind.group[1]))
	side, up, lag := spread*r.NormFloat64()*0.8, 0.45*spread*r.NormFloat64(), math.Abs(r.NormFloat64())*spread/math.Max(0.2, kind.speed*length)*0.7
	p1, p2, w1, w2 := between(r, 0, 6), between(r, 0, 6), between(r, 0.25, 0.5), between(r, 0.2, 0.45)
	late := int(math.Ceil(lag / pathStep))
	v := visit{from: lead.from + float64(late)*pathStep}
	path := make([]vec, len(lead.stances))
	for i, p := range lead.stances {
		t := float64(i) * pathStep
		right := vec{math.Cos(p.yaw), 0, -math.Sin(p.yaw)}
		at := p.at.more(right, side+0.35*spread*math.Sin(w1*t+p1)).add(vec{0, up + 0.15*spread*math.Sin(w2*t+p2), 0})
		at.y = math.Max(at.y, stay.bed.floor(at.x, at.z)+0.06+0.2*length)
		if d := at.sub(stay.eye); d.len() < 0.6+length { // round the camera, not through it
			at = stay.eye.more(d.unit(), 0.6+length)
		}
		path[i] = at
	}
	phase, turning := r.Float64(), 0.0
	for i := range path {
		a, b := path[max(i-1, 0)], path[min(i+1, len(path)-1)]
		d := b.sub(a)
		flat := math.Hypot(d.x, d.z)
		s := lead.stances[i]
		yaw := math.Atan2(d.x, d.z)
		if flat < 1e-3 {
			yaw = s.yaw
		}
		if i > 0 {
			was := v.stances[i-1].yaw
			step := clamp(wrapAngle(yaw-was), -0.7, 0.7)
			yaw = was + step
			turning += (step/pathStep - turning) * 0.4
		}
		s.at, s.yaw, s.turning, s.speed = path[i], yaw, turning, d.len()/(2*pathStep)
		s.pitch = clamp(math.Atan2(d.y, math.Max(flat, 0.05)), -0.5, 0.5)
		phase += pathStep * (kind.gait.idle*0.4 + kind.gait.beats*s.speed/length)
		s.phase = phase
		v.stances = append(v.stances, s)
	}
	return v
}

// dart is the path of a small fish that keeps about a place: it swims from spot to spot and hovers between.
func dart(r *rand.Rand, home vec, room float64, kind *species, length, from, to float64, stay *stage) visit {
	s := &swimmer{kind: kind, length: length, stay: stay, pace: kind.speed * length, agile: 4.5}
	spot := func() vec {
		p := home.add(vec{r.NormFloat64() * room, math.Abs(r.NormFloat64()) * room * 0.6, r.NormFloat64() * room})
		p.y = math.Max(p.y, stay.bed.floor(p.x, p.z)+0.05+0.25*length)
		return p
	}
	s.at, s.yaw, s.phase = spot(), between(r, -3, 3), r.Float64()
	if from > 0 { // it comes in from the side
		angle := between(r, -3, 3)
		s.at = home.add(vec{5 * math.Sin(angle), 0.3, 5 * math.Cos(angle)})
		s.yaw = angle + math.Pi
	}
	v := visit{from: from}
	goal, left, hover := spot(), between(r, 0.5, 2), 0.0
	const sub = 4
	for t := from; t < to; t += pathStep {
		v.stances = append(v.stances, s.stance)
		for range sub {
			dt := pathStep / sub
			left -= dt
			if left <= 0 || s.at.sub(goal).len() < 0.6*length {
				if hover -= dt; hover <= 0 {
					goal, left, hover = spot(), between(r, 0.6, 2.5), between(r, 0, 1.2)
				}
			}
			far := s.at.sub(goal).len()
			s.toward(goal, clamp(far/(2*length)-0.2, 0.02, 1.9), dt)
		}
	}
	return v
}

// ride is the path of a sharksucker under its host.
func ride(r *rand.Rand, host visit, kind *species, length, hostLength float64) visit {
	v := visit{from: host.from, stances: make([]stance, len(host.stances))}
	side, beside := math.Copysign(0.03, r.Float64()-0.5), 0.5*math.Copysign(1, r.Float64()-0.5)
	for i, p := range host.stances {
		t := float64(i) * pathStep
		off := ramp(0.4, 0.8, math.Sin(t*0.13+beside)) // now and then it lets go and swims beside
		right := vec{math.Cos(p.yaw), 0, -math.Sin(p.yaw)}
		ahead := vec{math.Sin(p.yaw), 0, math.Cos(p.yaw)}
		at := p.at.more(right, (side+off*beside*0.35)*hostLength).more(ahead, -0.12*hostLength)
		at.y -= 0.10*hostLength + 0.045*length
		p.at = at
		p.phase = p.phase*1.6 + 0.3*t
		p.effort = 0.35 + 0.6*off
		v.stances[i] = p
	}
	return v
}

// cast chooses who comes when. Each animal has draws of its own, so that one more of a kind changes no other.
type cast struct {
	d       *Deployment
	stay    *stage
	kinds   []species
	animals []animal
}

func newCast(d *Deployment, stay *stage, kinds []species) []animal {
	c := &cast{d: d, stay: stay, kinds: kinds}
	whole := d.Duration().Seconds()
	first := math.Max(0, d.Settle.Seconds()-4)
	for kind := range kinds {
		r := draws(d.Seed, "cast "+kinds[kind].taxon.Name)
		n := d.Abundance[kinds[kind].taxon.Name]
		switch kinds[kind].manner {
		case cruises:
			for range n {
				c.cruise(r, kind, first, whole)
			}
		case schools:
			c.school(r, kind, n, first, whole)
		case nibbles:
			for range n {
				length := between(r, kinds[kind].min, kinds[kind].max)
				from := first + between(r, 0, 0.25)*(whole-first)
				c.enter(r, kind, length, dart(r, stay.bait.add(vec{0, -0.02, 0}), 0.16, &kinds[kind], length, from, whole+1, stay))
			}
		case dwells:
			c.dwell(r, kind, n, whole)
		case rides:
			c.rideAlong(r, kind, n)
		}
	}
	return c.animals
}

// enter adds an animal with its visits.
func (c *cast) enter(r *rand.Rand, kind int, length float64, visits ...visit) {
	c.animals = append(c.animals, animal{kind: kind, id: len(c.animals) + 1, length: length, tone: r.Uint32(), visits: visits})
}

// about adds to others where the large animals cast so far are at a time: later ones keep clear of them, loosely.
func (c *cast) about(t float64, others []vec) []vec {
	for i := range c.animals {
		if a := &c.animals[i]; c.kinds[a.kind].manner == cruises {
			if p, here := a.at(t); here {
				others = append(others, p.at)
			}
		}
	}
	return others
}

// cruise is a large animal: it comes once or more, and stays from half a minute to some minutes.
func (c *cast) cruise(r *rand.Rand, kind int, first, whole float64) {
	k := &c.kinds[kind]
	length := between(r, k.min, k.max)
	var visits []visit
	t := first + between(r, 0.02, 0.55)*(whole-first)
	if c.d.Kind == Clips { // the clip is cut around it
		t = between(r, -40, 0.2*whole)
	}
	for t < whole-5 {
		linger := between(r, 20, 70)
		v := tour(r, c.stay, k, length, t, linger, whole+2, c.about)
		visits = append(visits, v)
		t += float64(len(v.stances))*pathStep + between(r, 8, 60+0.15*whole)
		if len(visits) >= 4 && r.Float64() < 0.5 {
			break
		}
	}
	c.enter(r, kind, length, visits...)
}

func (c *cast) school(r *rand.Rand, kind, n int, first, whole float64) {
	k := &c.kinds[kind]
	for n > 0 {
		size := min(n, k.group[0]+r.IntN(k.group[1]-k.group[0]+1))
		n -= size
		t := first + between(r, 0, 0.6)*(whole-first)
		if c.d.Kind == Clips {
			t = between(r, -30, 0.2*whole)
		}
		lead := between(r, k.min, k.max)
		own := make([][]visit, size)
		for t < whole-5 {
			v := tour(r, c.stay, k, lead, t, between(r, 15, 60), whole+2, c.about)
			for i := range own {
				own[i] = append(own[i], follow(r, v, k, lead, c.stay))
			}
			t += float64(len(v.stances))*pathStep + between(r, 15, 60+0.3*whole)
		}
		for i := range own {
			c.enter(r, kind, lead*between(r, 0.88, 1.08), own[i]...)
		}
	}
}

// dwell keeps small fish over the tall things of the bed.
func (c *cast) dwell(r *rand.Rand, kind, n int, whole float64) {
	rocks := c.stay.bed.rocks
	if len(rocks) == 0 {
		return
	}
	k := &c.kinds[kind]
	for n > 0 {
		rock := rocks[r.IntN(len(rocks))]
		for range min(n, k.group[0]+r.IntN(k.group[1]-k.group[0]+1)) {
			n--
			length := between(r, k.min, k.max)
			home := vec{rock.x, rock.top + 0.12, rock.z}
			c.enter(r, kind, length, dart(r, home, 0.12+0.4*rock.radius, k, length, 0, whole+1, c.stay))
		}
	}
}

// rideAlong puts sharksuckers under sharks.
func (c *cast) rideAlong(r *rand.Rand, kind, n int) {
	k := &c.kinds[kind]
	for i := range c.animals {
		if host := c.animals[i]; n > 0 && host.kind <= whitetipShark {
			n--
			length := between(r, k.min, k.max)
			var visits []visit
			for _, v := range host.visits {
				visits = append(visits, ride(r, v, k, length, host.length))
			}
			c.enter(r, kind, length, visits...)
		}
	}
}

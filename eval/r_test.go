package eval

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// overdispersed are 60 deployments whose counts are spread by more than Poisson's.
func overdispersed() (people, machine []float64) {
	r := rand.New(rand.NewPCG(31, 32))
	for range 60 {
		m := float64(r.IntN(15))
		machine = append(machine, m)
		people = append(people, float64(draw(r, 1.2*math.Pow(m+1, 0.9)*r.ExpFloat64())))
	}
	return people, machine
}

// vector writes numbers as R has them.
func vector(list []float64) string {
	var out []string
	for _, v := range list {
		out = append(out, strconv.FormatFloat(v, 'g', -1, 64))
	}
	return "c(" + strings.Join(out, ",") + ")"
}

// statisticsInR reckons with R's own functions where it has them (cor.test, lm, glm, binom.test, pt with an offset, MASS's glm.nb,
// psych's ICC and cohen.kappa) and else by the formulas of the papers.
const statisticsInR = `
say <- function(name, ...) cat(name, format(c(...), digits = 17, scientific = TRUE), "\n")
for (set in c("a", "b")) {
  x <- get(paste0("people", set)); y <- get(paste0("machine", set)); n <- length(x); d <- y - x
  s <- function(name, ...) say(paste0(set, ".", name), ...)
  ct <- cor.test(x, y); s("r", ct$estimate, ct$conf.int)
  line <- lm(y ~ x); s("slope", coef(line)[2], confint(line)[2, ]); s("intercept", coef(line)[1], confint(line)[1, ])
  tt <- t.test(d); s("bias", tt$estimate, tt$conf.int)
  s("mae", mean(abs(d)), pmax(0, t.test(abs(d))$conf.int))
  s("rmse", sqrt(mean(d^2)), sqrt(pmax(0, t.test(d^2)$conf.int)))
  s("sd", sd(d), sd(d) * sqrt((n - 1) / qchisq(c(.975, .025), n - 1)))
  k <- qt(c(.025, .975), n - 1, 1.96 * sqrt(n)) * sd(d) / sqrt(n)
  s("limit_high", mean(d) + 1.96 * sd(d), mean(d) + k); s("limit_low", mean(d) - 1.96 * sd(d), mean(d) - rev(k))
  e <- binom.test(sum(d == 0), n); s("exact", e$estimate, e$conf.int)
  e <- binom.test(sum(abs(d) <= 1), n); s("within_close", e$estimate, e$conf.int)
  v <- function(z) mean((z - mean(z))^2)
  sxy <- mean((x - mean(x)) * (y - mean(y))); C <- 2 * sxy / (v(x) + v(y) + (mean(x) - mean(y))^2); R <- cor(x, y)
  u <- (mean(y) - mean(x)) / (v(x) * v(y))^0.25
  se <- sqrt(((1 - R^2) * C^2 * (1 - C^2) / R^2 + 2 * C^3 * (1 - C) * u^2 / R - 0.5 * C^4 * u^4 / R^2) / (n - 2)) / (1 - C^2)
  s("ccc", C, tanh(atanh(C) + qnorm(c(.025, .975)) * se))
  dem <- function(i) { q <- cov(cbind(x[i], y[i])); b <- (q[2, 2] - q[1, 1] + sqrt((q[2, 2] - q[1, 1])^2 + 4 * q[1, 2]^2)) / (2 * q[1, 2]); c(b, mean(y[i]) - b * mean(x[i])) }
  all <- dem(1:n); jack <- sapply(1:n, function(i) dem(-i))
  for (j in 1:2) s(c("deming_slope", "deming_intercept")[j], all[j], all[j] + c(-1, 1) * qt(.975, n - 1) * sqrt((n - 1) / n * sum((jack[j, ] - mean(jack[j, ]))^2)))
  if (requireNamespace("psych", quietly = TRUE)) {
    i <- suppressMessages(suppressWarnings(psych::ICC(cbind(x, y), lmer = FALSE)))$results[2, ]; s("icc", i$ICC, i[["lower bound"]], i[["upper bound"]])
  }
  # Kappas: their variance is that of a function of a multinomial (delta method), here by numerical derivatives.
  levels <- sort(unique(c(x, y))); tab <- unclass(table(factor(x, levels), factor(y, levels))); p <- tab / n
  w <- abs(outer(levels, levels, "-")); w <- w / max(w)
  for (how in c("kappa", "kappa_linear", "kappa_quadratic")) {
    W <- switch(how, kappa = diag(length(levels)), kappa_linear = 1 - w, kappa_quadratic = 1 - w^2)
    kap <- function(p) { pe <- sum(W * outer(rowSums(p), colSums(p))); (sum(W * p) - pe) / (1 - pe) }
    g <- sapply(seq_along(p), function(i) { h <- p; l <- p; h[i] <- h[i] + 1e-5; l[i] <- l[i] - 1e-5; (kap(h) - kap(l)) / 2e-5 })
    se <- sqrt((sum(p * g^2) - sum(p * g)^2) / n); s(how, kap(p), kap(p) + c(-1, 1) * qnorm(.975) * se)
    if (requireNamespace("psych", quietly = TRUE)) {
      k <- suppressWarnings(psych::cohen.kappa(tab, w = W, n.obs = n))
      if (how == "kappa") say(paste0(set, ".kappa"), k$kappa, k$kappa + c(-1, 1) * qnorm(.975) * sqrt(k$var.kappa)) else s(how, k$weighted.kappa)
    }
  }
  g <- glm(x ~ log1p(y), family = quasipoisson, control = list(epsilon = 1e-14, maxit = 100)); co <- summary(g)$coefficients; t <- qt(.975, n - 2)
  s("poisson_a", co[1, 1], co[1, 1] + c(-1, 1) * t * co[1, 2]); s("poisson_b", co[2, 1], co[2, 1] + c(-1, 1) * t * co[2, 2])
  s("dispersion", summary(g)$dispersion)
  mu <- fitted(g); T <- sum((x - mu)^2 - x) / sqrt(2 * sum(mu^2)); s("over", T, pnorm(T, lower.tail = FALSE))
  if (set == "b" && requireNamespace("MASS", quietly = TRUE)) {
    g <- MASS::glm.nb(x ~ log1p(y), control = glm.control(epsilon = 1e-13, maxit = 500)); co <- summary(g)$coefficients; z <- qnorm(.975)
    s("nb_a", co[1, 1], co[1, 1] + c(-1, 1) * z * co[1, 2]); s("nb_b", co[2, 1], co[2, 1] + c(-1, 1) * z * co[2, 2]); s("theta", g$theta)
  }
  # Rate ratio: a Poisson regression of all counts on who counted, its variance by deployment (sandwich).
  count <- c(x, y); who <- rep(0:1, each = n); g <- glm(count ~ who, family = poisson, control = list(epsilon = 1e-14))
  X <- model.matrix(g); B <- solve(t(X) %*% (X * fitted(g))); U <- rowsum(X * (count - fitted(g)), rep(1:n, 2)); V <- n / (n - 1) * B %*% t(U) %*% U %*% B
  s("ratio", exp(coef(g)[2]), exp(coef(g)[2] + c(-1, 1) * qt(.975, n - 1) * sqrt(V[2, 2])))
}
say("none_of_6", binom.test(0, 6)$conf.int); say("81_of_263", binom.test(81, 263)$conf.int); say("999_of_1000", binom.test(999, 1000)$conf.int)
for (n in c(3, 4, 6, 10, 50, 300)) say(paste0("limit_", n), qt(c(.025, .975), n - 1, 1.96 * sqrt(n)))
`

// TestStatisticsLikeR holds the formulas against R's to 1e-6. Set REQUIN_VERIFY=1; r-base-core has all but r-cran-mass (glm.nb) and
// r-cran-psych (ICC, kappa).
func TestStatisticsLikeR(t *testing.T) {
	if os.Getenv("REQUIN_VERIFY") == "" {
		t.Skip("starts R: set REQUIN_VERIFY=1")
	}
	r, err := exec.LookPath("Rscript")
	if err != nil {
		t.Skip("there is no R here to compare with: apt-get install r-base-core r-cran-mass r-cran-psych")
	}
	people, machine := overdispersed()
	script := fmt.Sprintf("peoplea <- %s; machinea <- %s; peopleb <- %s; machineb <- %s\n", vector(byPeople), vector(byMachine), vector(people), vector(machine)) + statisticsInR
	var said, wrong bytes.Buffer
	c := exec.Command(r, "--vanilla", "-")
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(script), &said, &wrong
	if err := c.Run(); err != nil {
		t.Fatalf("%v: %s", err, wrong.String())
	}
	want := map[string][]float64{}
	for line := range strings.Lines(said.String()) {
		fields := strings.Fields(line)
		for _, f := range fields[1:] {
			v, err := strconv.ParseFloat(f, 64)
			if err != nil {
				t.Fatalf("R says %q", line)
			}
			want[fields[0]] = append(want[fields[0]], v)
		}
	}
	got := statisticsHere(people, machine)
	for name, values := range want {
		if len(got[name]) == 0 {
			t.Errorf("%s: %v, R says %v", name, got[name], values)
			continue
		}
		for i, v := range values { // R may say a name twice, by two ways
			i %= len(got[name])
			if !(math.Abs(got[name][i]-v) <= 1e-6*max(1, math.Abs(v))) {
				t.Errorf("%s, number %d: %.12g, R says %.12g", name, i, got[name][i], v)
			}
		}
	}
	for name := range got {
		if want[name] == nil {
			t.Logf("R did not say %s: apt-get install r-cran-mass r-cran-psych", name)
		}
	}
	t.Logf("%d names compared", len(want))
}

// statisticsHere are the same numbers by this package.
func statisticsHere(people, machine []float64) map[string][]float64 {
	got := map[string][]float64{}
	for set, pairs := range map[string][]Pair{"a": pairsOf(byPeople, byMachine), "b": pairsOf(people, machine)} {
		a := Agreed{Agreement: Agree(pairs, counting)}
		a.Low, a.High, a.By = Intervals(pairs, counting, 0, 0)
		for _, s := range a.Statistics() {
			if s.Name != "r2" && s.Name != "kappa_presence" {
				got[set+"."+s.Name] = []float64{s.Value, s.Low, s.High}
			}
		}
		m, err := FitCounts(pairs)
		if err != nil {
			panic(err)
		}
		got[set+".dispersion"], got[set+".over"] = []float64{m.Dispersion}, []float64{m.Over, m.P}
		coefficients := "poisson"
		if m.Family == NegativeBinomial {
			coefficients = "nb"
			got[set+".theta"] = []float64{m.Theta}
			var x, y []float64
			for _, p := range pairs {
				x, y = append(x, math.Log(p.Machine+1)), append(y, p.People)
			}
			f, _ := logLinear(x, y, math.Inf(1))
			by := student(float64(len(pairs)-2)) * math.Sqrt(m.Dispersion)
			got[set+".poisson_a"], got[set+".poisson_b"] = []float64{f.a, f.a - by*f.seA, f.a + by*f.seA}, []float64{f.b, f.b - by*f.seB, f.b + by*f.seB}
		}
		got[set+"."+coefficients+"_a"], got[set+"."+coefficients+"_b"] = []float64{m.A, m.ALow, m.AHigh}, []float64{m.B, m.BLow, m.BHigh}
	}
	for name, s := range map[string]Share{"none_of_6": ExactShare(0, 6), "81_of_263": ExactShare(81, 263), "999_of_1000": ExactShare(999, 1000)} {
		got[name] = []float64{s.Low, s.High}
	}
	for _, n := range []int{3, 4, 6, 10, 50, 300} {
		df, off := float64(n-1), limitSDs*math.Sqrt(float64(n))
		got[fmt.Sprint("limit_", n)] = []float64{noncentral(0.025, df, off), noncentral(0.975, df, off)}
	}
	return got
}

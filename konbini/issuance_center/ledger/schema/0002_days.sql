-- A day's visits are counted by the time of their tickets.
CREATE INDEX visit_by_ticket ON visit (ticketed);

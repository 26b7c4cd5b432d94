//! The dialects: which keys each format of a contract has had.
//!
//! `pactoVersion: "1.0"` had six shapes that the version does not tell apart, so that its table is
//! their union; 1.1, 1.2 and 2.0 are exactly what they were.

use super::codes;
use super::shape::Constraint::{ExactlyOne, Forbids, Needs, NotEmpty, Only};
use super::shape::{Object, Pattern, Shape, optional, required};

/// The shape of a contract of this `pactoVersion`, if it is known.
pub(super) fn root(pacto_version: &str) -> Option<&'static Shape> {
    ROOTS
        .iter()
        .find(|(version, _)| *version == pacto_version)
        .map(|(_, shape)| *shape)
}

/// Every format, the oldest first.
pub(super) static ROOTS: [(&str, &Shape); 4] = [
    ("1.0", &ROOT_1_0),
    ("1.1", &ROOT_1_1),
    ("1.2", &ROOT_1_2),
    ("2.0", &ROOT_2_0),
];

const fn object(fields: &'static [super::shape::Field]) -> Object {
    Object {
        fields,
        constraints: &[],
    }
}

static TEXT: Shape = Shape::Text;
static NAME: Shape = Shape::Name;
static BOOL: Shape = Shape::Bool;
static FREE: Shape = Shape::Free;
static COUNT: Shape = Shape::Whole {
    min: 0,
    max: u64::MAX,
};
static PORT: Shape = Shape::Whole {
    min: 1,
    max: 65_535,
};
static PERCENT: Shape = Shape::Whole { min: 0, max: 100 };
static FRACTION: Shape = Shape::Number { min: 0, max: 1 };

// --- patterns

fn is_slug(text: &str, inner: &str) -> bool {
    let is_edge = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    let edges = matches!((bytes.first(), bytes.last()), (Some(&first), Some(&last)) if is_edge(first) && is_edge(last));
    edges
        && bytes
            .iter()
            .all(|&byte| is_edge(byte) || inner.as_bytes().contains(&byte))
}

fn has_only(text: &str, more: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || more.as_bytes().contains(&byte))
}

static SERVICE_NAME: Shape = Shape::Pattern(&Pattern {
    regex: "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
    rule: "use lower-case letters, digits and inner hyphens",
    fits: |text| is_slug(text, "-"),
});
static READINESS_ID: Shape = Shape::Pattern(&Pattern {
    regex: "^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$",
    rule: "use lower-case letters, digits, and inner dots, underscores and hyphens",
    fits: |text| is_slug(text, "._-"),
});
static TEAM: Shape = Shape::Pattern(&Pattern {
    regex: "^[a-zA-Z0-9._/-]+$",
    rule: "use letters, digits, and `.`, `_`, `/`, `-`",
    fits: |text| has_only(text, "._/-"),
});
static PERSON: Shape = Shape::Pattern(&Pattern {
    regex: "^[a-zA-Z0-9._@/-]+$",
    rule: "use letters, digits, and `.`, `_`, `@`, `/`, `-`",
    fits: |text| has_only(text, "._@/-"),
});
static EVIDENCE: Shape = Shape::Pattern(&Pattern {
    regex: "^[\\s\\S]{1,2048}$",
    rule: "use 1 to 2048 characters",
    fits: |text| (1..=2048).contains(&text.chars().count()),
});
static BINDING_PATH: Shape = Shape::Pattern(&Pattern {
    regex: "^/([^/].*)?$",
    rule: "a path begins with one `/`",
    fits: |text| {
        text.strip_prefix('/').is_some_and(|rest| {
            !rest.starts_with('/') && !rest.contains(['\n', '\r', '\u{2028}', '\u{2029}'])
        })
    },
});

// --- service

static CONTACT: Shape = Shape::Object(&object(&[
    required(
        "type",
        &Shape::OneOf(&["email", "url", "group", "oncall", "chat", "other"]),
    ),
    required("value", &NAME),
    optional(
        "purpose",
        &Shape::OneOf(&[
            "ownership",
            "support",
            "escalation",
            "oncall",
            "notifications",
        ]),
    ),
]));
static OWNER: Shape = Shape::Object(&Object {
    fields: &[
        optional("team", &TEAM),
        optional("dri", &PERSON),
        optional(
            "contacts",
            &Shape::List {
                item: &CONTACT,
                min: 1,
            },
        ),
    ],
    constraints: &[NotEmpty],
});
static OWNER_OR_TEXT: Shape = Shape::Either {
    text: &TEXT,
    map: &OWNER,
};
static OWNER_OR_NAME: Shape = Shape::Either {
    text: &NAME,
    map: &OWNER,
};
static IMAGE: Shape = Shape::Object(&object(&[
    required("ref", &NAME),
    optional("private", &BOOL),
]));
static CHART: Shape = Shape::Object(&object(&[
    required("ref", &NAME),
    required("version", &NAME),
]));
static SERVICE_1: Shape = Shape::Object(&object(&[
    required("name", &SERVICE_NAME),
    required("version", &NAME),
    optional("owner", &OWNER_OR_TEXT),
    optional("image", &IMAGE),
    optional("chart", &CHART),
]));
static SERVICE_1_1: Shape = Shape::Object(&object(&[
    required("name", &SERVICE_NAME),
    required("version", &NAME),
    optional("owner", &OWNER_OR_NAME),
    optional("image", &IMAGE),
    optional("chart", &CHART),
]));
static SERVICE_1_2: Shape = Shape::Object(&object(&[
    required("name", &SERVICE_NAME),
    required("version", &NAME),
    optional("owner", &OWNER),
    optional("image", &IMAGE),
    optional("chart", &CHART),
]));
static SERVICE_2: Shape = Shape::Object(&object(&[
    required("name", &SERVICE_NAME),
    required("version", &NAME),
    optional("owner", &OWNER),
]));

// --- interfaces

static VISIBILITY: Shape = Shape::OneOf(&["public", "internal"]);
static INTERFACES_1: Shape = Shape::List {
    item: &INTERFACE_1,
    min: 0,
};
static INTERFACE_1: Shape = Shape::Object(&Object {
    fields: &[
        required("name", &NAME),
        required("type", &Shape::OneOf(&["http", "grpc", "event"])),
        optional("port", &PORT),
        optional("visibility", &VISIBILITY),
        optional("contract", &NAME),
    ],
    constraints: &[
        Needs {
            key: "type",
            values: &["http", "grpc"],
            needs: "port",
            code: codes::PORT_REQUIRED,
        },
        Needs {
            key: "type",
            values: &["grpc", "event"],
            needs: "contract",
            code: codes::CONTRACT_REQUIRED,
        },
    ],
});
static INTERFACES_2: Shape = Shape::List {
    item: &INTERFACE_2,
    min: 0,
};
static INTERFACE_2: Shape = Shape::Object(&object(&[
    required("name", &NAME),
    required("type", &Shape::OneOf(&["openapi", "asyncapi", "grpc"])),
    required("ref", &NAME),
    optional("visibility", &VISIBILITY),
]));

// --- configuration and policy

const SCHEMA_OR_REF: super::shape::Constraint = ExactlyOne(&[&["schema"], &["ref"]]);
const VALUES_NEED_SCHEMA: super::shape::Constraint = Only {
    key: "values",
    with: "schema",
    code: codes::VALUES_WITHOUT_SCHEMA,
};
static CONFIGURATION: Shape = Shape::Object(&Object {
    fields: &[
        optional("schema", &NAME),
        optional("ref", &NAME),
        optional("values", &FREE),
        optional("configs", &CONFIGURATIONS),
    ],
    constraints: &[
        ExactlyOne(&[&["schema"], &["ref"], &["configs"]]),
        VALUES_NEED_SCHEMA,
    ],
});
static CONFIGURATIONS: Shape = Shape::List {
    item: &Shape::Object(&Object {
        fields: &[
            required("name", &NAME),
            optional("schema", &NAME),
            optional("ref", &NAME),
            optional("values", &FREE),
        ],
        constraints: &[SCHEMA_OR_REF, VALUES_NEED_SCHEMA],
    }),
    min: 0,
};
static CONFIGURATIONS_2: Shape = Shape::List {
    item: &Shape::Object(&Object {
        fields: &[
            required("name", &NAME),
            required("required", &BOOL),
            optional("schema", &NAME),
            optional("ref", &NAME),
            optional("values", &FREE),
        ],
        constraints: &[SCHEMA_OR_REF, VALUES_NEED_SCHEMA],
    }),
    min: 0,
};
static POLICY: Shape = Shape::Object(&Object {
    fields: &[optional("schema", &NAME), optional("ref", &NAME)],
    constraints: &[SCHEMA_OR_REF],
});
static POLICIES_1_0: Shape = Shape::List {
    item: &Shape::Object(&Object {
        fields: &[
            optional("name", &NAME),
            optional("schema", &NAME),
            optional("ref", &NAME),
        ],
        constraints: &[SCHEMA_OR_REF],
    }),
    min: 1,
};
static POLICIES: Shape = Shape::List {
    item: &Shape::Object(&Object {
        fields: &[
            required("name", &NAME),
            optional("schema", &NAME),
            optional("ref", &NAME),
        ],
        constraints: &[SCHEMA_OR_REF],
    }),
    min: 1,
};
static POLICIES_2: Shape = Shape::List {
    item: &Shape::Object(&Object {
        fields: &[
            required("name", &NAME),
            optional("schema", &NAME),
            optional("ref", &NAME),
            optional("target", &Shape::OneOf(&["contract"])),
        ],
        constraints: &[SCHEMA_OR_REF],
    }),
    min: 1,
};

// --- dependencies

static DEPENDENCIES_1_0: Shape = Shape::List {
    item: &Shape::Object(&object(&[
        optional("name", &NAME),
        required("ref", &NAME),
        required("compatibility", &TEXT),
        optional("required", &BOOL),
    ])),
    min: 0,
};
static DEPENDENCIES: Shape = Shape::List {
    item: &Shape::Object(&object(&[
        required("name", &NAME),
        required("ref", &NAME),
        required("compatibility", &TEXT),
        optional("required", &BOOL),
    ])),
    min: 0,
};
static DEPENDENCIES_2: Shape = Shape::List {
    item: &Shape::Object(&object(&[
        required("name", &NAME),
        required("ref", &NAME),
        required("compatibility", &TEXT),
        required("required", &BOOL),
    ])),
    min: 0,
};

// --- runtime

const WORKLOADS: Shape = Shape::OneOf(&["service", "job", "scheduled"]);
static WORKLOAD: Shape = WORKLOADS;
static WORKLOAD_1_0: Shape = Shape::Either {
    text: &WORKLOAD,
    map: &WORKLOAD_MAP,
};
static WORKLOAD_MAP: Shape = Shape::Object(&object(&[
    required(
        "type",
        &Shape::OneOf(&["service", "worker", "job", "scheduled"]),
    ),
    optional(
        "concurrency",
        &Shape::OneOf(&["long-lived", "finite", "event-driven"]),
    ),
]));
static STATE: Shape = Shape::Object(&object(&[
    required("type", &Shape::OneOf(&["stateless", "stateful", "hybrid"])),
    required("persistence", &PERSISTENCE),
    required("dataCriticality", &Shape::OneOf(&["low", "medium", "high"])),
]));
static PERSISTENCE: Shape = Shape::Object(&object(&[
    required("scope", &Shape::OneOf(&["local", "shared"])),
    required("durability", &Shape::OneOf(&["ephemeral", "persistent"])),
]));
static LIFECYCLE: Shape = Shape::Object(&object(&[
    optional(
        "upgradeStrategy",
        &Shape::OneOf(&["rolling", "recreate", "ordered"]),
    ),
    optional("gracefulShutdownSeconds", &COUNT),
]));
static HEALTH: Shape = Shape::Object(&object(&[
    required("interface", &NAME),
    optional("path", &TEXT),
    optional("initialDelaySeconds", &COUNT),
]));
static METRICS: Shape = Shape::Object(&object(&[
    required("interface", &NAME),
    optional("path", &TEXT),
]));
static RUNTIME_1_0: Shape = Shape::Object(&object(&[
    required("workload", &WORKLOAD_1_0),
    required("state", &STATE),
    optional(
        "network",
        &Shape::Object(&object(&[required("defaultInterface", &TEXT)])),
    ),
    optional("lifecycle", &LIFECYCLE),
    optional("health", &HEALTH),
    optional("metrics", &METRICS),
]));
static RUNTIME: Shape = Shape::Object(&object(&[
    required("workload", &WORKLOAD),
    required("state", &STATE),
    optional("lifecycle", &LIFECYCLE),
    optional("health", &HEALTH),
    optional("metrics", &METRICS),
]));
static SCALING: Shape = Shape::Object(&Object {
    fields: &[
        optional("replicas", &COUNT),
        optional("min", &COUNT),
        optional("max", &COUNT),
    ],
    constraints: &[ExactlyOne(&[&["replicas"], &["min", "max"]])],
});

// --- readiness

static EVIDENCE_TYPE: Shape = Shape::OneOf(&[
    "url",
    "document",
    "ticket",
    "report",
    "artifact",
    "identifier",
    "other",
]);
static READINESS_1_1: Shape = Shape::Object(&object(&[
    optional("minScore", &PERCENT),
    required(
        "checks",
        &Shape::List {
            item: &Shape::Object(&object(&[
                required("id", &READINESS_ID),
                required("type", &EVIDENCE_TYPE),
                required("evidence", &EVIDENCE),
                required("weight", &PERCENT),
                required("expires", &TEXT),
                optional("description", &TEXT),
            ])),
            min: 0,
        },
    ),
]));
static CHECK: Shape = Shape::Object(&object(&[
    required("id", &READINESS_ID),
    required("type", &EVIDENCE_TYPE),
    required(
        "status",
        &Shape::OneOf(&["done", "partial", "not-done", "deferred"]),
    ),
    required("evidence", &EVIDENCE),
    required("weight", &PERCENT),
    optional(
        "category",
        &Shape::OneOf(&[
            "architecture",
            "testing",
            "code-quality",
            "observability",
            "security",
            "documentation",
            "infrastructure",
            "ci-cd",
            "deployment",
            "resilience",
            "backup-recovery",
            "incident-response",
            "compliance",
            "other",
        ]),
    ),
    optional("description", &TEXT),
]));
static HISTORY: Shape = Shape::List {
    item: &Shape::Object(&object(&[
        required("date", &TEXT),
        required("version", &TEXT),
        required("author", &TEXT),
        required("description", &TEXT),
    ])),
    min: 0,
};
static READINESS_1_2: Shape = Shape::Object(&object(&[
    required("expires", &TEXT),
    required(
        "checks",
        &Shape::List {
            item: &CHECK,
            min: 0,
        },
    ),
    optional("minScore", &PERCENT),
    optional("partialCredit", &FRACTION),
    optional("history", &HISTORY),
]));
static READINESS_2: Shape = Shape::Object(&object(&[
    required("expires", &TEXT),
    required(
        "claims",
        &Shape::List {
            item: &CHECK,
            min: 1,
        },
    ),
    optional("minScore", &PERCENT),
    optional("partialCredit", &FRACTION),
    optional("history", &HISTORY),
]));

// --- 2.0

static CAPABILITIES: Shape = Shape::List {
    item: &Shape::Object(&Object {
        fields: &[
            required("type", &Shape::OneOf(&["health", "metrics", "extension"])),
            optional("ref", &NAME),
            optional(
                "binding",
                &Shape::Object(&object(&[
                    required("type", &Shape::OneOf(&["http"])),
                    required("interface", &NAME),
                    required("path", &BINDING_PATH),
                ])),
            ),
        ],
        constraints: &[
            Needs {
                key: "type",
                values: &["extension"],
                needs: "ref",
                code: codes::CAPABILITY_REF_REQUIRED,
            },
            Forbids {
                key: "type",
                values: &["extension"],
                forbids: "binding",
            },
            Forbids {
                key: "type",
                values: &["health", "metrics"],
                forbids: "ref",
            },
        ],
    }),
    min: 0,
};
static VERIFICATION: Shape = Shape::Object(&object(&[optional(
    "conformance",
    &Shape::List {
        item: &TEXT,
        min: 0,
    },
)]));

// --- the formats

static ROOT_1_0: Shape = Shape::Object(&object(&[
    required("pactoVersion", &TEXT),
    required("service", &SERVICE_1),
    optional("interfaces", &INTERFACES_1),
    optional("configuration", &CONFIGURATION),
    optional("configurations", &CONFIGURATIONS),
    optional("policy", &POLICY),
    optional("policies", &POLICIES_1_0),
    optional("dependencies", &DEPENDENCIES_1_0),
    optional("runtime", &RUNTIME_1_0),
    optional("scaling", &SCALING),
    optional("metadata", &FREE),
]));
static ROOT_1_1: Shape = Shape::Object(&object(&[
    required("pactoVersion", &TEXT),
    required("service", &SERVICE_1_1),
    optional("interfaces", &INTERFACES_1),
    optional("configurations", &CONFIGURATIONS),
    optional("policies", &POLICIES),
    optional("dependencies", &DEPENDENCIES),
    optional("runtime", &RUNTIME),
    optional("scaling", &SCALING),
    optional("readiness", &READINESS_1_1),
    optional("metadata", &FREE),
]));
static ROOT_1_2: Shape = Shape::Object(&object(&[
    required("pactoVersion", &TEXT),
    required("service", &SERVICE_1_2),
    optional("interfaces", &INTERFACES_1),
    optional("configurations", &CONFIGURATIONS),
    optional("policies", &POLICIES),
    optional("dependencies", &DEPENDENCIES),
    optional("runtime", &RUNTIME),
    optional("scaling", &SCALING),
    optional("readiness", &READINESS_1_2),
    optional("metadata", &FREE),
]));
static ROOT_2_0: Shape = Shape::Object(&object(&[
    required("pactoVersion", &TEXT),
    required("service", &SERVICE_2),
    optional("interfaces", &INTERFACES_2),
    optional("configurations", &CONFIGURATIONS_2),
    optional("policies", &POLICIES_2),
    optional("dependencies", &DEPENDENCIES_2),
    optional("workload", &WORKLOAD),
    optional("state", &STATE),
    optional("capabilities", &CAPABILITIES),
    optional("readiness", &READINESS_2),
    optional("verification", &VERIFICATION),
    optional("metadata", &FREE),
    optional("extensions", &FREE),
]));

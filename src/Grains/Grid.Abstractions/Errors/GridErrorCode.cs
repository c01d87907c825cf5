namespace Grid.Abstractions;

/// <summary>Why a request was refused. The numbers are part of the protocol: they are never reused.</summary>
public enum GridErrorCode
{
    /// <summary>Not a refusal: something that should not happen did. Retrying may or may not help.</summary>
    Internal = 0,

    /// <summary>A database, table or column name breaks the naming rules.</summary>
    InvalidName = 1,

    /// <summary>An argument is outside its legal range.</summary>
    InvalidArgument = 2,

    /// <summary>No such database.</summary>
    UnknownDatabase = 3,

    /// <summary>No such table.</summary>
    UnknownTable = 4,

    /// <summary>No such column in the table's schema.</summary>
    UnknownColumn = 5,

    /// <summary>The database or table already exists.</summary>
    AlreadyExists = 6,

    /// <summary>The database still has tables.</summary>
    NotEmpty = 7,

    /// <summary>A schema, or a change of one, is not allowed.</summary>
    InvalidSchema = 8,

    /// <summary>Rows do not fit the table's schema.</summary>
    SchemaMismatch = 9,

    /// <summary>Rows were encoded with a schema version older than the log's; encode them again with the version named.</summary>
    SchemaStale = 10,

    /// <summary>A frame, a message or a block of bytes is damaged or malformed.</summary>
    Corrupt = 11,

    /// <summary>A frame, row, key or request is larger than its limit.</summary>
    TooLarge = 12,

    /// <summary>A writer's sequence number leaves a gap, or repeats one that is no longer remembered.</summary>
    SequenceOutOfOrder = 13,

    /// <summary>An offset is below the start of the log or above its end.</summary>
    OffsetOutOfRange = 14,

    /// <summary>A timestamp lies in the future.</summary>
    TimestampOutOfRange = 15,

    /// <summary>The operation needs a primary-key table, or needs a log table.</summary>
    WrongTableKind = 16,

    /// <summary>A null or a missing value where the schema allows none.</summary>
    NullNotAllowed = 17,

    /// <summary>The table was dropped.</summary>
    TableDropped = 18,

    /// <summary>Compare and set: the row's version is not the expected one.</summary>
    VersionConflict = 19,

    /// <summary>A partial write's target columns are illegal.</summary>
    InvalidTargets = 20,

    /// <summary>A lookup's key columns are not the bucket key's prefix of the primary key.</summary>
    InvalidKey = 21,

    /// <summary>A budget of the node (bytes in flight, open buckets, open scans) is used up; try again later.</summary>
    Busy = 22,

    /// <summary>The bucket stopped writing after a failed write or flush; reads go on.</summary>
    WritesStopped = 23,

    /// <summary>A scan id is unknown or has expired.</summary>
    UnknownScan = 24,

    /// <summary>The leader epoch of a request is not the bucket's.</summary>
    StaleEpoch = 25,

    /// <summary>Too few replicas are in sync.</summary>
    NotEnoughReplicas = 26,

    /// <summary>Storage failed: disk full, blob unreachable, a file that cannot be read.</summary>
    StorageFailed = 27,

    /// <summary>The bucket or the node is closing; ask again.</summary>
    Closing = 28,

    /// <summary>The data directory belongs to another node or process.</summary>
    DirectoryInUse = 29,

    /// <summary>Nobody answered in time; the outcome is unknown.</summary>
    Timeout = 30,

    /// <summary>This node does not lead the bucket (any more): ask again, the call finds the leader. What was being written may or may not be stored.</summary>
    NotLeader = 31,

    /// <summary>No such node in the cluster.</summary>
    UnknownNode = 32,

    /// <summary>The table has no such partition, and rows make none.</summary>
    UnknownPartition = 33,

    /// <summary>The partition was dropped, or its time is over.</summary>
    PartitionDropped = 34,

    /// <summary>A lake table has no such version (any more).</summary>
    UnknownLakeVersion = 35,
}

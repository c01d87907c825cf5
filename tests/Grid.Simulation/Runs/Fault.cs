namespace Grid.Simulation.Runs;

/// <summary>What can go wrong. A run draws a few of them: many seeds with few kinds each find more than all kinds at once.</summary>
internal enum Fault
{
    /// <summary>A process ends; what it wrote stays.</summary>
    Kill,

    /// <summary>A machine ends; what was not flushed may be lost or torn.</summary>
    PowerOff,

    /// <summary>A machine ends in the middle of a write.</summary>
    TornWrite,

    /// <summary>A node comes back with an empty disk.</summary>
    LoseDisk,

    /// <summary>A process stands still and then goes on.</summary>
    Freeze,

    /// <summary>Every event costs a node time.</summary>
    SlowNode,

    /// <summary>All messages of a node take longer.</summary>
    SlowLink,

    /// <summary>Two groups of nodes cannot reach each other.</summary>
    Split,

    /// <summary>One node cannot be reached by, or cannot reach, some others.</summary>
    OneWay,

    /// <summary>A node cannot reach the object store, or hears no answer of it.</summary>
    CutFromStore,

    /// <summary>The object store fails every call.</summary>
    StoreAway,

    /// <summary>Some calls of the object store fail, before or after they did what was asked.</summary>
    StoreFlaky,

    /// <summary>A node's wall clock jumps.</summary>
    ClockJump,

    /// <summary>A flush fails.</summary>
    FlushFails,

    /// <summary>Somebody takes the lead although the leader lives.</summary>
    Usurp,

    /// <summary>Two nodes go for the lead at once.</summary>
    Race,
}

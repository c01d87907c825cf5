namespace Grid.Abstractions;

/// <summary>What moves are for.</summary>
public enum RebalanceGoal
{
    /// <summary>Every table has its copies, draining nodes become empty, bytes, load and leaders are even over the others.</summary>
    Even = 0,

    /// <summary>Draining nodes become empty; nothing else moves.</summary>
    Drain = 1,

    /// <summary>The buckets of one table get as many copies as the table asks for; nothing else moves.</summary>
    Copies = 2,
}

using Grid.Client;

namespace Grid.Cluster.Tests;

/// <summary>A row of the log table. One bucket, so that the order of a writer's rows shows.</summary>
public sealed record Event(long Writer, long Number, string Text);

/// <summary>A row of the primary-key table; <see cref="Owner"/> is written once, and must survive partial updates of the balance.</summary>
public sealed record Account([property: Key] long Id, long Balance, string? Owner);
